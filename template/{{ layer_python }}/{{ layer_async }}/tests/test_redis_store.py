"""Redis that is slow, gone or cross, seen from a process that may be busy itself."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator

import pytest

from app.outage import RedisDown
from app.redis_store import RedisStore
from tests.conftest import MakeSettings

KEY = "test:redis_store"


@pytest.fixture
async def store(make_settings: MakeSettings) -> AsyncIterator[RedisStore]:
    store = RedisStore(make_settings(redis_timeout_ms=100))
    yield store
    await store.client.delete(KEY)
    await store.close()


async def test_an_answer_that_a_busy_process_reads_late_still_counts(store: RedisStore) -> None:
    command = asyncio.ensure_future(store.run(lambda redis: redis.set(KEY, "1", ex=10)))
    await asyncio.sleep(0)
    time.sleep(0.3)  # three times the deadline, in which nothing is read
    assert await command


async def test_a_redis_that_does_not_answer_costs_one_deadline(make_settings: MakeSettings) -> None:
    async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(hang, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    store = RedisStore(make_settings(redis_timeout_ms=100, redis_url=f"redis://127.0.0.1:{port}/0"))
    started = time.monotonic()
    for _ in range(20):
        with pytest.raises(RedisDown):
            await store.run(lambda redis: redis.get(KEY))
    assert 0.1 <= time.monotonic() - started < 1
    await store.close()
    server.close()


async def test_a_command_that_is_refused_does_not_put_the_others_to_rest(store: RedisStore) -> None:
    await store.run(lambda redis: redis.set(KEY, "text", ex=10))
    with pytest.raises(RedisDown):
        await store.run(lambda redis: redis.rpush(KEY, "1"))
    assert await store.run(lambda redis: redis.get(KEY)) == b"text"
