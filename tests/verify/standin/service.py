"""The smallest thing that looks like a service from outside. Standard library only."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        if self.path == "/crash":
            os._exit(3)
        status = 200 if self.path in ("/readyz", "/healthz") else 404
        body = {"status": "ok"} if status == 200 else {"code": "not_found", "pid": os.getpid()}
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        print(json.dumps({"message": "http_request", "path": self.path}), flush=True)


def serve(variable: str) -> None:
    if os.environ.get("BROKEN"):
        sys.exit("BROKEN is set")
    server = ThreadingHTTPServer(("127.0.0.1", int(os.environ[variable])), Handler)
    signal.signal(
        signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown, daemon=True).start()
    )
    print(json.dumps({"message": "started", "secret": os.environ["JWT_SECRET"][:4]}), flush=True)
    server.serve_forever(0.05)


if __name__ == "__main__":
    command = sys.argv[1]
    if command == "migrate":
        time.sleep(0.05)
    elif command == "jobs-retry":
        sys.exit(0 if sys.argv[2:] == ["known"] else 4)
    else:
        serve("PORT" if command == "api" else "ADMIN_PORT")
