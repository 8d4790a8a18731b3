"""Posts: who may change them, and where they are read from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple
from uuid import UUID

import structlog

from app.cache import PostCache
from app.cursor import decode_cursor, encode_cursor
from app.db import Connection, Database
from app.errors import (
    Fault,
    Forbidden,
    InvalidParameter,
    NotFound,
    PreconditionFailed,
    ValidationFailed,
)
from app.etags import matches_strongly
from app.ids import uuid7
from app.models import Post
from app.repositories import posts

log = structlog.get_logger(__name__)


class Page(NamedTuple):
    data: list[Post]
    next_cursor: str | None


class PostService:
    def __init__(self, db: Database, cache: PostCache) -> None:
        self._db = db
        self._cache = cache

    async def create(self, author_id: UUID, title: str, body: str) -> Post:
        async with self._db.connection() as conn:
            return await posts.add(conn, uuid7(), author_id, title, body)

    async def get(self, post_id: UUID) -> Post:
        post = await self._cache.get(post_id)
        if post is None:
            async with self._db.connection() as conn:
                post = await posts.get(conn, post_id)
            if post is None:
                raise NotFound
            await self._cache.fill(post)
        return post

    async def list(self, limit: int, cursor: str | None, author_id: UUID | None) -> Page:
        position = None
        if cursor is not None:
            decoded = decode_cursor(cursor)
            if decoded is None:
                raise InvalidParameter(Fault("cursor", "format", "is not a cursor of this list"))
            position = posts.Position(*decoded)
        # One more than asked for tells whether there is a next page.
        async with self._db.connection() as conn:
            if author_id is None:
                rows = await posts.feed(conn, position, limit + 1)
            else:
                rows = await posts.feed_of(conn, author_id, position, limit + 1)
        page = rows[:limit]
        more = len(rows) > limit
        return Page(page, encode_cursor(page[-1].created_at, page[-1].id) if more else None)

    async def update(
        self, post_id: UUID, author_id: UUID, changes: Mapping[str, str], if_match: str | None
    ) -> Post:
        if not changes:
            raise ValidationFailed(
                Fault("title", "required", "send a title, a body or both"),
                Fault("body", "required", "send a title, a body or both"),
            )
        async with self._db.transaction() as conn:
            await self._own(conn, post_id, author_id, if_match)
            post = await posts.update(conn, post_id, author_id, changes)
        if post is None:
            raise NotFound
        await self._cache.drop(post_id)
        return post

    async def delete(self, post_id: UUID, author_id: UUID, if_match: str | None) -> None:
        async with self._db.transaction() as conn:
            await self._own(conn, post_id, author_id, if_match)
            await posts.delete(conn, post_id)
        await self._cache.drop(post_id)

    async def _own(
        self, conn: Connection, post_id: UUID, author_id: UUID, if_match: str | None
    ) -> None:
        """Lock the post. Raises unless it is the author's, in the version they have seen."""
        post = await posts.lock(conn, post_id)
        if post is None:
            raise NotFound
        if post.author_id != author_id:
            log.info("access_denied", user_id=str(author_id), resource=f"/v1/posts/{post_id}")
            raise Forbidden
        if if_match is not None and not matches_strongly(if_match, post.etag):
            raise PreconditionFailed
