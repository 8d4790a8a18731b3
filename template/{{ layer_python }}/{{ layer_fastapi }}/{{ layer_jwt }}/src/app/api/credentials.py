"""Where a request carries its credential, and how one is asked for: bearer tokens (RFC 6750)."""

from __future__ import annotations

from starlette.datastructures import Headers

from app.api.exchange import Exchange

SCHEME = "bearer "


def read_credential(headers: Headers) -> str | None:
    authorization = headers.get("authorization", "")
    if authorization[: len(SCHEME)].lower() != SCHEME:
        return None
    return authorization[len(SCHEME) :].strip()


def challenge(exchange: Exchange) -> str:
    """The value of WWW-Authenticate."""
    detail = ', error="invalid_token"' if exchange.credential_sent else ""
    return f'Bearer realm="api"{detail}'
