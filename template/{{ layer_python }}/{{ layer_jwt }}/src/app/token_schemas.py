"""What a client is answered when it signs in."""

from __future__ import annotations

from app.schemas import Response


class Tokens(Response):
    access_token: str
    token_type: str = "Bearer"  # noqa: S105
    expires_in: int
