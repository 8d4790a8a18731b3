"""Redis that is slow, gone or cross."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from uuid import uuid4

import pytest

from app.outage import RedisDown
from app.redis_store import RedisStore
from tests.conftest import MakeSettings

KEY = "test:redis_store"


@pytest.fixture
def store(make_settings: MakeSettings) -> Iterator[RedisStore]:
    store = RedisStore(make_settings(redis_timeout_ms=100))
    yield store
    store.client.delete(KEY)
    store.close()


def test_a_redis_that_does_not_answer_costs_one_deadline(make_settings: MakeSettings) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"redis://127.0.0.1:{silent.getsockname()[1]}/0"
        store = RedisStore(make_settings(redis_timeout_ms=100, redis_url=url))
        started = time.monotonic()
        for _ in range(20):
            with pytest.raises(RedisDown):
                store.run(lambda redis: redis.get(KEY))
        assert 0.1 <= time.monotonic() - started < 1
        store.close()


def test_a_command_that_is_refused_does_not_put_the_others_to_rest(store: RedisStore) -> None:
    store.run(lambda redis: redis.set(KEY, "text", ex=10))
    with pytest.raises(RedisDown):
        store.run(lambda redis: redis.rpush(KEY, "1"))
    assert store.run(lambda redis: redis.get(KEY)) == b"text"


def test_closing_ends_the_connections(make_settings: MakeSettings) -> None:
    name = f"closed-{uuid4().hex}"
    store, watcher = RedisStore(make_settings(service_name=name)), RedisStore(make_settings())

    def connections() -> int:
        return [client["name"] for client in watcher.client.client_list()].count(name)

    assert store.ping()
    assert connections() == 1
    store.close()
    ends_at = time.monotonic() + 10
    while connections() and time.monotonic() < ends_at:
        time.sleep(0.01)
    assert connections() == 0
    watcher.close()
