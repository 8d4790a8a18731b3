"""Posts: written to PostgreSQL, and read from the cache where it has them."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from app.cache import PostCache
from app.db import Connection, Database, execute, fetch_all, fetch_one
from app.errors import NotFound
from app.models import Post
from app.repositories import posts
from app.rules.posts import Page, page_of, position_of, refuse_nothing, refuse_others


class PostService:
    def __init__(self, db: Database, cache: PostCache) -> None:
        self._db = db
        self._cache = cache

    async def create(self, author_id: UUID, title: str, body: str) -> Post:
        async with self._db.connection() as conn:
            post = await fetch_one(conn, posts.add(author_id, title, body))
        assert post is not None, "an INSERT returns its row"
        return post

    async def get(self, post_id: UUID) -> Post:
        post = await self._cache.get(post_id)
        if post is None:
            async with self._db.connection() as conn:
                post = await fetch_one(conn, posts.get(post_id))
            if post is None:
                raise NotFound
            await self._cache.fill(post)
        return post

    async def list(self, limit: int, cursor: str | None, author_id: UUID | None) -> Page:
        statement = posts.feed(author_id, position_of(cursor), limit + 1)
        async with self._db.connection() as conn:
            rows = await fetch_all(conn, statement)
        return page_of(rows, limit)

    async def update(
        self, post_id: UUID, author_id: UUID, changes: Mapping[str, str], if_match: str | None
    ) -> Post:
        refuse_nothing(changes)
        async with self._db.transaction() as conn:
            await self._lock(conn, post_id, author_id, if_match)
            post = await fetch_one(conn, posts.update(post_id, author_id, changes))
        if post is None:
            raise NotFound
        await self._cache.drop(post_id)
        return post

    async def delete(self, post_id: UUID, author_id: UUID, if_match: str | None) -> None:
        async with self._db.transaction() as conn:
            await self._lock(conn, post_id, author_id, if_match)
            await execute(conn, posts.delete(post_id))
        await self._cache.drop(post_id)

    async def _lock(
        self, conn: Connection, post_id: UUID, author_id: UUID, if_match: str | None
    ) -> None:
        post = await fetch_one(conn, posts.lock(post_id))
        refuse_others(post, author_id, if_match)
