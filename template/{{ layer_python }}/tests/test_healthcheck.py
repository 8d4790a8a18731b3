from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from app.admin import AdminServer, json_reply
from app.healthcheck import main


@contextmanager
def answering(status: int) -> Iterator[str]:
    """A process whose liveness answers this; its port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = AdminServer("127.0.0.1", port, {"/healthz": lambda: json_reply(status, {})})
    server.start()
    yield str(port)
    server.close()


def test_a_worker_is_asked_on_its_admin_port(monkeypatch: pytest.MonkeyPatch) -> None:
    with answering(200) as port:
        monkeypatch.setenv("ADMIN_PORT", port)
        assert main(["worker"]) == 0


@pytest.mark.parametrize(("status", "code"), [(200, 0), (503, 1)])
def test_an_api_is_asked_on_its_port(
    status: int, code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    with answering(status) as port:
        monkeypatch.setenv("PORT", port)
        assert main([]) == code


def test_nobody_there_is_not_alive(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as silent:  # bound and never listening: refused, and nobody else's
        silent.bind(("127.0.0.1", 0))
        monkeypatch.setenv("PORT", str(silent.getsockname()[1]))
        assert main([]) == 1
