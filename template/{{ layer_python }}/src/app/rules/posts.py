"""Posts: which page comes next, and who may change what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple
from uuid import UUID

import structlog

from app.cursor import decode_cursor, encode_cursor
from app.errors import (
    Fault,
    Forbidden,
    InvalidParameter,
    NotFound,
    PreconditionFailed,
    ValidationFailed,
)
from app.etags import matches_strongly
from app.models import Post
from app.repositories.posts import Position

log = structlog.get_logger(__name__)


class Page(NamedTuple):
    data: Sequence[Post]
    next_cursor: str | None


def position_of(cursor: str | None) -> Position | None:
    """Where a page begins. Raises InvalidParameter."""
    if cursor is None:
        return None
    decoded = decode_cursor(cursor)
    if decoded is None:
        raise InvalidParameter(Fault("cursor", "format", "is not a cursor of this list"))
    return Position(*decoded)


def page_of(rows: Sequence[Post], limit: int) -> Page:
    """The first `limit` rows; one row more than that tells that there is a next page."""
    page = rows[:limit]
    more = len(rows) > limit
    return Page(page, encode_cursor(page[-1].created_at, page[-1].id) if more else None)


def refuse_nothing(changes: Mapping[str, str]) -> None:
    """Raises ValidationFailed if there is nothing to change."""
    if not changes:
        raise ValidationFailed(
            Fault("title", "required", "send a title, a body or both"),
            Fault("body", "required", "send a title, a body or both"),
        )


def refuse_others(post: Post | None, author_id: UUID, if_match: str | None) -> None:
    """Raises unless the post is the author's, in the version that they have seen."""
    if post is None:
        raise NotFound
    if post.author_id != author_id:
        log.info("access_denied", user_id=str(author_id), resource=f"/v1/posts/{post.id}")
        raise Forbidden
    if if_match is not None and not matches_strongly(if_match, post.etag):
        raise PreconditionFailed
