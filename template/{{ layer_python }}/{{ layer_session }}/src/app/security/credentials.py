"""Where a request carries its credential, and how one is handed out: the session cookie."""

from __future__ import annotations

from typing import NamedTuple

from app.config import Settings
from app.security.cookies import CredentialCookie, cookie_value


class Credentials(NamedTuple):
    """What a client is handed; `max_age` is in seconds."""

    session_id: str
    max_age: int


def find_credential(
    _authorization: str | None, cookies: str | None, settings: Settings
) -> str | None:
    """The session's id, from the request's headers Authorization and Cookie."""
    return cookie_value(cookies, credential_cookie(settings).name)


def challenge(*, credential_sent: bool) -> str:
    """The value of WWW-Authenticate."""
    return 'Session realm="api"'


def credential_cookie(settings: Settings) -> CredentialCookie:
    return CredentialCookie("session", settings.cookie_secure)


def handed_out(credentials: Credentials, settings: Settings) -> str:
    """The value of Set-Cookie."""
    return credential_cookie(settings).set(credentials.session_id, credentials.max_age)
