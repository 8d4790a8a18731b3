"""A real Redis: starts, breaks as told, and leaves nothing behind."""

from __future__ import annotations

import pytest
import redis

from roadbed.services import Redis


def test_keeps_data_over_restart_and_loses_it_on_wipe() -> None:
    with Redis.start() as server:
        client = redis.Redis.from_url(server.dsn)
        client.set("key", "value")
        server.restart()
        assert client.get("key") == b"value"
        server.wipe()
        assert client.get("key") is None


def test_wants_its_password() -> None:
    with Redis.start() as server:
        stranger = redis.Redis(port=int(server.dsn.rpartition(":")[2].partition("/")[0]))
        with pytest.raises(redis.AuthenticationError):
            stranger.ping()


def test_paused_hangs_and_unpaused_goes_on() -> None:
    with Redis.start() as server:
        client = redis.Redis.from_url(server.dsn, socket_timeout=0.3)
        client.ping()
        server.pause()
        with pytest.raises(redis.TimeoutError):
            client.ping()
        server.unpause()
        assert client.ping()


def test_an_embedded_server_does_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("roadbed.services.redis.shutil.which", lambda _name: None)
    with Redis.start() as server:
        assert redis.Redis.from_url(server.dsn).ping()
