"""Posts. The feed is read in keyset order, which stays right while rows come and go."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from app.ids import uuid7
from app.models import Post
from app.statements import Column, Command, Rows

COLUMNS = "id, author_id, title, body, version, created_at, updated_at"
ORDER = "ORDER BY created_at DESC, id DESC LIMIT %s"


class Position(NamedTuple):
    """A place in the feed: just behind this row, whether it still exists or not."""

    created_at: datetime
    id: UUID


def add(author_id: UUID, title: str, body: str) -> Rows[Post]:
    text = f"""
        INSERT INTO posts (id, author_id, title, body) VALUES (%s, %s, %s, %s) RETURNING {COLUMNS}
    """
    return Rows(Post, text, (uuid7(), author_id, title, body))


def get(post_id: UUID) -> Rows[Post]:
    return Rows(Post, f"SELECT {COLUMNS} FROM posts WHERE id = %s", (post_id,))


def lock(post_id: UUID) -> Rows[Post]:
    return Rows(Post, f"SELECT {COLUMNS} FROM posts WHERE id = %s FOR UPDATE", (post_id,))


def update(post_id: UUID, author_id: UUID, changes: Mapping[str, str]) -> Rows[Post]:
    text = f"""
        UPDATE posts SET title = coalesce(%s, title), body = coalesce(%s, body),
               version = version + 1, updated_at = greatest(now(), updated_at + interval '1 ms')
        WHERE id = %s AND author_id = %s RETURNING {COLUMNS}
    """
    return Rows(Post, text, (changes.get("title"), changes.get("body"), post_id, author_id))


def delete(post_id: UUID) -> Command:
    return Command("DELETE FROM posts WHERE id = %s", (post_id,))


def delete_by_author(author_id: UUID) -> Column[UUID]:
    return Column("DELETE FROM posts WHERE author_id = %s RETURNING id", (author_id,))


def feed(author_id: UUID | None, after: Position | None, count: int) -> Rows[Post]:
    """The newest posts, or those behind `after`; of everybody, or of one author."""
    # A statement for each case, so that each walks its own index.
    where = ""
    params: tuple[Any, ...] = ()
    if author_id is not None and after is not None:
        where, params = "WHERE author_id = %s AND (created_at, id) < (%s, %s)", (author_id, *after)
    elif author_id is not None:
        where, params = "WHERE author_id = %s", (author_id,)
    elif after is not None:
        where, params = "WHERE (created_at, id) < (%s, %s)", after
    return Rows(Post, f"SELECT {COLUMNS} FROM posts {where} {ORDER}", (*params, count))
