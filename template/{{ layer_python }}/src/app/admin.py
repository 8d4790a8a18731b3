"""The admin listener: metrics, and a worker's probes, on a port of their own.

It runs in threads, so that it answers for any kind of process, asynchronous or not.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler
from socketserver import TCPServer, ThreadingMixIn
from typing import NamedTuple

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest


class Reply(NamedTuple):
    status: int
    content_type: str
    body: bytes


def json_reply(status: int, body: Mapping[str, object]) -> Reply:
    return Reply(status, "application/json", json.dumps(body).encode())


def metrics() -> Reply:
    return Reply(200, CONTENT_TYPE_LATEST, generate_latest())


Route = Callable[[], Reply]


class AdminServer:
    """Serves `/metrics` and the given routes until `close`.

    Raises OSError if the port is taken.
    """

    def __init__(self, host: str, port: int, routes: Mapping[str, Route] | None = None) -> None:
        self._server = _Server((host, port), {"/metrics": metrics, **(routes or {})})

    def start(self) -> None:
        threading.Thread(target=self._server.serve_forever, daemon=True, name="admin").start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Server(ThreadingMixIn, TCPServer):
    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, address: tuple[str, int], routes: Mapping[str, Route]) -> None:
        self.routes = routes
        super().__init__(address, _Handler)


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    timeout = 10
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        route = self.server.routes.get(self.path.partition("?")[0])
        reply = route() if route else json_reply(404, {"error": "Not Found"})
        self.send_response(reply.status)
        self.send_header("Content-Type", reply.content_type)
        self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        self.wfile.write(reply.body)

    def version_string(self) -> str:
        return "admin"

    def log_message(self, *_: object) -> None:
        """Scrapes and probes are not worth a line."""
