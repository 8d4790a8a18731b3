"""The cache of single posts: filled on a miss, emptied after a commit, never trusted."""

from __future__ import annotations

import random
from uuid import UUID

import orjson
from pydantic import TypeAdapter, ValidationError
from redis.asyncio import Redis

from app.config.core import CoreSettings
from app.models import Post
from app.observability.metrics import CACHE_REQUESTS
from app.redis_store import RedisDown, RedisStore

JITTER = 0.1
# After a write the key holds this for a while instead of nothing: a reader that fetched the old
# row before the commit then cannot put the old post back. Longer than any read may take.
CHANGED = "changed"
CHANGED_MS = 10_000
FILL = """
if redis.call('GET', KEYS[1]) == ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
return 1
"""

_post = TypeAdapter(Post)


class PostCache:
    def __init__(self, store: RedisStore, settings: CoreSettings) -> None:
        self._store = store
        self._ttl_ms = settings.cache_ttl * 1000
        self._fill = store.client.register_script(FILL)

    async def get(self, post_id: UUID) -> Post | None:
        """The cached post; a value that cannot be read counts as a miss."""
        try:
            value = await self._store.run(lambda redis: redis.get(_key(post_id)))
        except RedisDown:
            CACHE_REQUESTS.labels("error").inc()
            return None
        post = _decode(value)
        CACHE_REQUESTS.labels("hit" if post else "miss").inc()
        return post

    async def fill(self, post: Post) -> None:
        # Spread over time, so that posts cached together do not expire together.
        ttl_ms = int(self._ttl_ms * random.uniform(1 - JITTER, 1 + JITTER))  # noqa: S311
        arguments: list[str | bytes | int] = [CHANGED, orjson.dumps(post), ttl_ms]
        try:
            await self._store.run(
                lambda redis: self._fill([_key(post.id)], arguments, client=redis)
            )
        except RedisDown:
            CACHE_REQUESTS.labels("error").inc()

    async def drop(self, *post_ids: UUID) -> None:
        """Forget posts that have changed; to be called after the commit."""
        if not post_ids:
            return

        async def mark(redis: Redis) -> None:
            async with redis.pipeline(transaction=False) as pipeline:
                for post_id in post_ids:
                    pipeline.set(_key(post_id), CHANGED, px=CHANGED_MS)
                await pipeline.execute()

        try:
            await self._store.run(mark)
        except RedisDown:
            CACHE_REQUESTS.labels("error").inc()


def _key(post_id: UUID) -> str:
    return f"cache:post:{post_id}"


def _decode(value: bytes | str | None) -> Post | None:
    if value is None or value == CHANGED.encode():
        return None
    try:
        return _post.validate_json(value)
    except ValidationError:
        return None
