"""Posts. The feed is read in keyset order, which stays right while rows come and go."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from app.db import Connection, execute, fetch_all, fetch_column, fetch_one
from app.models import Post

COLUMNS = "id, author_id, title, body, version, created_at, updated_at"
ORDER = "ORDER BY created_at DESC, id DESC LIMIT %s"


class Position(NamedTuple):
    """A place in the feed: just behind this row, whether it still exists or not."""

    created_at: datetime
    id: UUID


async def add(conn: Connection, post_id: UUID, author_id: UUID, title: str, body: str) -> Post:
    query = f"""
        INSERT INTO posts (id, author_id, title, body) VALUES (%s, %s, %s, %s) RETURNING {COLUMNS}
    """
    post = await fetch_one(conn, Post, query, (post_id, author_id, title, body))
    assert post is not None
    return post


async def get(conn: Connection, post_id: UUID) -> Post | None:
    return await fetch_one(conn, Post, f"SELECT {COLUMNS} FROM posts WHERE id = %s", (post_id,))


async def lock(conn: Connection, post_id: UUID) -> Post | None:
    query = f"SELECT {COLUMNS} FROM posts WHERE id = %s FOR UPDATE"
    return await fetch_one(conn, Post, query, (post_id,))


async def update(
    conn: Connection, post_id: UUID, author_id: UUID, changes: Mapping[str, str]
) -> Post | None:
    query = f"""
        UPDATE posts SET title = coalesce(%s, title), body = coalesce(%s, body),
               version = version + 1, updated_at = greatest(now(), updated_at + interval '1 ms')
        WHERE id = %s AND author_id = %s RETURNING {COLUMNS}
    """
    params = (changes.get("title"), changes.get("body"), post_id, author_id)
    return await fetch_one(conn, Post, query, params)


async def delete(conn: Connection, post_id: UUID) -> bool:
    return await execute(conn, "DELETE FROM posts WHERE id = %s", (post_id,)) == 1


async def delete_by_author(conn: Connection, author_id: UUID) -> list[UUID]:
    query = "DELETE FROM posts WHERE author_id = %s RETURNING id"
    return await fetch_column(conn, query, (author_id,))


async def feed(conn: Connection, after: Position | None, count: int) -> list[Post]:
    """The newest posts, or those behind `after`."""
    if after is None:
        return await fetch_all(conn, Post, f"SELECT {COLUMNS} FROM posts {ORDER}", (count,))
    query = f"SELECT {COLUMNS} FROM posts WHERE (created_at, id) < (%s, %s) {ORDER}"
    return await fetch_all(conn, Post, query, (*after, count))


async def feed_of(
    conn: Connection, author_id: UUID, after: Position | None, count: int
) -> list[Post]:
    # A statement of its own, so that it walks the author's index.
    if after is None:
        query = f"SELECT {COLUMNS} FROM posts WHERE author_id = %s {ORDER}"
        return await fetch_all(conn, Post, query, (author_id, count))
    query = f"""
        SELECT {COLUMNS} FROM posts WHERE author_id = %s AND (created_at, id) < (%s, %s) {ORDER}
    """
    return await fetch_all(conn, Post, query, (author_id, *after, count))
