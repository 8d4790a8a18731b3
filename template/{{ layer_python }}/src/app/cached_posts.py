"""What stands in Redis for a post, and for how long; nothing that is read there is trusted."""

from __future__ import annotations

import random
from uuid import UUID

import orjson
from pydantic import TypeAdapter, ValidationError

from app.models import Post
from app.observability.metrics import CACHE_REQUESTS

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


def key_of(post_id: UUID) -> str:
    return f"cache:post:{post_id}"


def fill_arguments(post: Post, ttl: int) -> list[str | bytes | int]:
    """`ttl` is in seconds."""
    # Spread over time, so that posts cached together do not expire together.
    ttl_ms = int(ttl * 1000 * random.uniform(1 - JITTER, 1 + JITTER))  # noqa: S311
    return [CHANGED, orjson.dumps(post), ttl_ms]


def read(value: bytes | str | None) -> Post | None:
    """The cached post; a value that cannot be read counts as a miss."""
    post = _decode(value)
    CACHE_REQUESTS.labels("hit" if post else "miss").inc()
    return post


def failed() -> None:
    CACHE_REQUESTS.labels("error").inc()


def _decode(value: bytes | str | None) -> Post | None:
    if value is None or value == CHANGED.encode():
        return None
    try:
        return _post.validate_json(value)
    except ValidationError:
        return None
