"""uvicorn, made to stop without dropping anyone."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import threading
import uuid
from collections.abc import Iterator

import orjson
import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from app.config import Settings
from app.responses import ERROR_RESPONSES, error_body
from app.security.headers import security_headers

LAME_DUCK_SECONDS = 0.3
OVERTIME_SECONDS = 2.0


class Server(uvicorn.Server):
    """Signals are ours: the process ends with code 0 when it was asked to end."""

    def __init__(self, config: uvicorn.Config, shutdown_timeout: float) -> None:
        super().__init__(config)
        self._shutdown_timeout = shutdown_timeout

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop)
        yield

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        # Connections that were accepted a moment ago still have their first request on the way.
        for server in self.servers:
            server.close()
        await asyncio.sleep(LAME_DUCK_SECONDS)
        await super().shutdown(sockets)

    def _stop(self) -> None:
        self.should_exit = True
        # Whatever hangs on the way out, the process does not outlive its time by much.
        limit = self._shutdown_timeout + OVERTIME_SECONDS
        last_resort = threading.Timer(limit, os._exit, [1])
        last_resort.daemon = True
        last_resort.start()


def http_protocol(settings: Settings) -> type[HttpToolsProtocol]:
    """uvicorn's protocol, with our shape of error for bytes that are not HTTP."""
    headers = security_headers(settings)

    class Protocol(HttpToolsProtocol):
        def send_400_response(self, msg: str) -> None:
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
            self.transport.write("\r\n".join([*lines, "", ""]).encode("latin-1") + body)
            self.transport.close()

    return Protocol
