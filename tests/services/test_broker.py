"""Real brokers: each starts, keeps or loses its data as told, and leaves nothing behind."""

from __future__ import annotations

import contextlib
import os
import socket
import time
from pathlib import Path
from typing import cast
from urllib.parse import urlsplit

import pytest
import redis

from roadbed.services import ServiceError, processes
from roadbed.services.broker import VARIABLE, RedisBroker, start_broker
from roadbed.services.rabbitmq import RabbitMQ
from roadbed.services.server import Server
from roadbed.services.service import NotInstalled

BROKERS = ("redis", "rabbitmq", "kafka")


def accepts(server: Server) -> bool:
    with (
        contextlib.suppress(OSError),
        socket.create_connection(("127.0.0.1", server.port), timeout=1),
    ):
        return True
    return False


def test_a_queue_in_postgres_needs_no_broker() -> None:
    assert start_broker("postgres") is None


@pytest.mark.parametrize("queue", BROKERS)
def test_a_broker_of_the_environment_is_used(queue: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "somewhere://else")
    broker = start_broker(queue)
    assert broker is not None
    assert broker.dsn == "somewhere://else"
    with pytest.raises(ServiceError, match=VARIABLE):
        broker.stop()


@pytest.mark.ci
@pytest.mark.slow
@pytest.mark.parametrize("queue", BROKERS)
def test_it_stops_starts_and_leaves_nothing(queue: str) -> None:
    try:
        broker = cast(Server, start_broker(queue))
    except NotInstalled as error:  # in continuous integration a skip fails the run
        pytest.skip(str(error))
    with broker:
        everybody = broker.pids
        assert urlsplit(broker.dsn).hostname == "127.0.0.1"
        assert accepts(broker)
        broker.stop()
        assert not accepts(broker)
        broker.start_again()
        assert accepts(broker)
        everybody += broker.pids
        folder = broker.folder
    deadline = time.monotonic() + 5
    while any(processes.alive(pid) for pid in everybody) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert [pid for pid in everybody if processes.alive(pid)] == []
    assert not folder.exists()


def test_a_broker_is_brought_back_as_it_was() -> None:
    with RedisBroker.start() as broker:
        client = redis.Redis.from_url(broker.dsn)
        client.set("message", "old")
        broker.back_up()
        client.set("message", "new")
        broker.roll_back()
        assert client.get("message") == b"old"
        broker.wipe()
        assert client.get("message") is None


def test_its_password_is_for_the_servers_user_alone(tmp_path: Path) -> None:
    server = RabbitMQ(tmp_path)
    server._prepare()
    config = tmp_path / "rabbitmq.conf"
    assert server.password in config.read_text("utf-8")
    assert os.stat(config).st_mode & 0o077 == 0
