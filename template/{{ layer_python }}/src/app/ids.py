"""Identifiers: UUID version 7, which sort by the time they were made (RFC 9562, section 5.7)."""

from __future__ import annotations

import os
import re
import time
from uuid import UUID

_CANONICAL = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE)


def uuid7() -> UUID:
    milliseconds = time.time_ns() // 1_000_000
    value = (milliseconds << 80) | int.from_bytes(os.urandom(10), "big")
    value = (value & ~(0xF << 76)) | (0x7 << 76)
    value = (value & ~(0x3 << 62)) | (0x2 << 62)
    return UUID(int=value)


def parse_uuid(text: str) -> UUID | None:
    """The id that `text` names in its canonical form, or None."""
    return UUID(text) if _CANONICAL.fullmatch(text) else None
