"""The cache of single posts: filled on a miss, emptied after a commit, never trusted."""

from __future__ import annotations

from uuid import UUID

from redis.asyncio import Redis

from app import cached_posts
from app.config.core import CoreSettings
from app.models import Post
from app.outage import RedisDown
from app.redis_store import RedisStore


class PostCache:
    def __init__(self, store: RedisStore, settings: CoreSettings) -> None:
        self._store = store
        self._ttl = settings.cache_ttl
        self._fill = store.client.register_script(cached_posts.FILL)

    async def get(self, post_id: UUID) -> Post | None:
        """The cached post; a value that cannot be read counts as a miss."""
        key = cached_posts.key_of(post_id)
        try:
            value = await self._store.run(lambda redis: redis.get(key))
        except RedisDown:
            cached_posts.failed()
            return None
        return cached_posts.read(value)

    async def fill(self, post: Post) -> None:
        keys, arguments = (
            [cached_posts.key_of(post.id)],
            cached_posts.fill_arguments(post, self._ttl),
        )
        try:
            await self._store.run(lambda redis: self._fill(keys, arguments, client=redis))
        except RedisDown:
            cached_posts.failed()

    async def drop(self, *post_ids: UUID) -> None:
        """Forget posts that have changed; to be called after the commit."""
        if not post_ids:
            return

        async def mark(redis: Redis) -> None:
            async with redis.pipeline(transaction=False) as pipeline:
                for post_id in post_ids:
                    key = cached_posts.key_of(post_id)
                    pipeline.set(key, cached_posts.CHANGED, px=cached_posts.CHANGED_MS)
                await pipeline.execute()

        try:
            await self._store.run(mark)
        except RedisDown:
            cached_posts.failed()
