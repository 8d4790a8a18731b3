"""The server as it runs: a process of its own, on a socket."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from app.config import Settings


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def environment(settings: Settings, port: int) -> dict[str, str]:
    """What makes a process read these settings."""
    values = {name.upper(): value for name, value in settings if value is not None}
    values |= {
        "PORT": port,
        "ADMIN_PORT": free_port(),
        "DATABASE_URL": "postgresql://127.0.0.1:1/x",
    }
    as_text = {name: str(value) for name, value in values.items() if not isinstance(value, tuple)}
    return {**os.environ, **as_text}


@pytest.fixture
def server(settings: Settings) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "app.api"],
        env=environment(settings, port),
        stdout=subprocess.PIPE,
    )
    for _ in range(300):
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            break
        except OSError:
            time.sleep(0.1)
    yield process, port
    process.kill()
    process.communicate()


def exchange(port: int, request: bytes) -> tuple[bytes, bytes]:
    """The head and the body of the answer."""
    with socket.create_connection(("127.0.0.1", port), timeout=20) as link:
        link.sendall(request)
        answer = b"".join(iter(lambda: link.recv(65536), b""))
    head, _, body = answer.partition(b"\r\n\r\n")
    return head, body


def test_it_answers_refuses_what_is_no_http_and_ends_when_told(
    server: tuple[subprocess.Popen[bytes], int],
) -> None:
    process, port = server
    head, body = exchange(port, b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 ")
    assert json.loads(body) == {"status": "ok"}

    head, body = exchange(port, b"this is not http\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400 ")
    assert json.loads(body)["code"] == "malformed_request"

    process.send_signal(signal.SIGTERM)
    out, _ = process.communicate(timeout=30)
    assert process.returncode == 0
    for line in out.splitlines():
        json.loads(line)
