"""Where a request carries its credential, and how one is handed out.

An access token comes as a bearer token (RFC 6750); the refresh token that renews it lives in a
cookie.
"""

from __future__ import annotations

from typing import NamedTuple

from app.config import Settings
from app.security.cookies import CredentialCookie

SCHEME = "bearer "


class Credentials(NamedTuple):
    """What a client is handed. `expires_in` is the access token's life, and `max_age` what the
    refresh token has left, both in seconds."""

    access_token: str
    expires_in: int
    refresh_token: str
    max_age: int


def find_credential(authorization: str | None, _cookies: str | None, _: Settings) -> str | None:
    """The access token, from the request's headers Authorization and Cookie."""
    value = authorization or ""
    if value[: len(SCHEME)].lower() != SCHEME:
        return None
    return value[len(SCHEME) :].strip()


def challenge(*, credential_sent: bool) -> str:
    """The value of WWW-Authenticate."""
    detail = ', error="invalid_token"' if credential_sent else ""
    return f'Bearer realm="api"{detail}'


def credential_cookie(settings: Settings) -> CredentialCookie:
    return CredentialCookie("refresh_token", settings.cookie_secure)


def handed_out(credentials: Credentials, settings: Settings) -> str:
    """The value of Set-Cookie."""
    return credential_cookie(settings).set(credentials.refresh_token, credentials.max_age)
