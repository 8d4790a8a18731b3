"""Who is calling: what a route's `auth` asks for."""

from __future__ import annotations

from uuid import UUID

from app.api.handler import Request
from app.errors import Unauthenticated, Unavailable


def signed_in(request: Request) -> UUID:
    """The caller's id. Raises Unauthenticated, or Unavailable if nobody can tell."""
    exchange = request.exchange
    if exchange.user_id is None:
        raise Unavailable if exchange.identity_unknown else Unauthenticated
    return exchange.user_id
