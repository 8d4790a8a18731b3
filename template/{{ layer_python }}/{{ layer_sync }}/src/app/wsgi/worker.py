"""gunicorn's threaded worker, made to stop without dropping anyone and to answer in our shape."""

from __future__ import annotations

import socket
import uuid
from contextlib import suppress
from typing import Any

import orjson
import structlog
from gunicorn.workers.gthread import TConn, ThreadWorker

from app.config import Settings
from app.responses import ERROR_RESPONSES, error_body
from app.security.headers import security_headers
from app.watchdog import Watchdog

# From the first byte of a request to the last of its answer, beside what the database may take.
REQUEST_SECONDS = 60.0

log = structlog.get_logger(__name__)


def worker_class(settings: Settings) -> type[ThreadWorker]:
    """The class of the process that serves."""
    headers = security_headers(settings)
    limit = REQUEST_SECONDS + settings.db_pool_timeout + settings.db_statement_timeout

    class Worker(ThreadWorker):  # type: ignore[misc]
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            self._watchdog = Watchdog(limit, _hang_up)

        def set_accept_enabled(self, enabled: bool) -> None:
            super().set_accept_enabled(enabled)
            if not self.alive:
                self._let_the_last_in()

        def _let_the_last_in(self) -> None:
            # Whoever is connected already is served; whoever comes now is refused.
            for listener in self.sockets:
                connections = -1
                while connections != self.nr_conns:
                    connections = self.nr_conns
                    self.accept(listener)
                listener.close()

        def handle(self, conn: TConn) -> Any:
            # A client that sends or reads too slowly must not keep a thread.
            with self._watchdog.watch(conn):
                return super().handle(conn)

        def handle_error(self, _: Any, client: socket.socket, _addr: Any, exc: Exception) -> None:
            """Bytes that are not HTTP never get as far as the application."""
            log.info("request_unreadable", error=type(exc).__name__)
            with suppress(OSError):
                client.sendall(malformed(headers))

    return Worker


def malformed(headers: dict[str, str]) -> bytes:
    """The whole response to a request that cannot be read."""
    request_id = str(uuid.uuid4())
    row = ERROR_RESPONSES["malformed_request"]
    body = orjson.dumps(error_body("malformed_request", request_id))
    lines = [
        f"HTTP/1.1 {row.status} {row.title}",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
        f"X-Request-Id: {request_id}",
        "Cache-Control: no-store",
        "Connection: close",
        *(f"{name}: {value}" for name, value in headers.items()),
    ]
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body


def _hang_up(conn: TConn) -> None:
    conn.sock.shutdown(socket.SHUT_RDWR)
