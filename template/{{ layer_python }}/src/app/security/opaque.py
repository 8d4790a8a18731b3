"""Random tokens that are handed out once and kept only as their hash."""

from __future__ import annotations

import hashlib
import secrets

TOKEN_BYTES = 32


def new_token() -> str:
    """256 random bits as 43 characters of base64url."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def hash_token(token: str) -> bytes:
    # No salt and no stretching: the input already has full entropy.
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
