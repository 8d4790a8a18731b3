"""Entity tags in conditional requests (RFC 9110, section 13.1)."""

from __future__ import annotations

import re

_TAG = re.compile(r'\s*((?:W/)?"[^"]*")\s*(?:,|$)')


def matches_weakly(header: str | None, etag: str) -> bool:
    """If-None-Match: whether the client already has this version."""
    return header is not None and (
        header.strip() == "*" or etag in (tag.removeprefix("W/") for tag in _tags(header))
    )


def matches_strongly(header: str, etag: str) -> bool:
    """If-Match: whether the client is about to change the version that it read."""
    return header.strip() == "*" or etag in _tags(header)


def _tags(header: str) -> list[str]:
    return _TAG.findall(header)
