"""Page cursors: opaque to clients, safe in URLs, and refused when altered."""

from __future__ import annotations

import base64
import binascii
import hashlib
import struct
from datetime import UTC, datetime, timedelta
from uuid import UUID

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
CHECKSUM_BYTES = 8
_LAYOUT = struct.Struct(">q16s")


def encode_cursor(created_at: datetime, row_id: UUID) -> str:
    position = _LAYOUT.pack((created_at - EPOCH) // timedelta(microseconds=1), row_id.bytes)
    return base64.urlsafe_b64encode(position + _checksum(position)).decode().rstrip("=")


def decode_cursor(cursor: str) -> tuple[datetime, UUID] | None:
    """The position, or None if this service did not make the cursor."""
    try:
        raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        position, checksum = raw[:-CHECKSUM_BYTES], raw[-CHECKSUM_BYTES:]
        microseconds, row_id = _LAYOUT.unpack(position)
        if checksum != _checksum(position):
            return None
        created_at = EPOCH + timedelta(microseconds=microseconds)
    except (ValueError, binascii.Error, struct.error, OverflowError):
        return None
    decoded = created_at, UUID(bytes=row_id)
    # Several spellings decode to the same bytes; only ours is one we made.
    return decoded if encode_cursor(*decoded) == cursor else None


def _checksum(position: bytes) -> bytes:
    return hashlib.blake2b(position, digest_size=CHECKSUM_BYTES).digest()
