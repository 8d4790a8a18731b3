"""Where a request carries its credential, and how one is handed out.

An access token comes as a bearer token (RFC 6750); the refresh token that renews it lives in a
cookie.
"""

from __future__ import annotations

from collections.abc import Callable

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response

from app.api.exchange import Exchange
from app.config import Settings
from app.models import User
from app.security.cookies import CredentialCookie
from app.services import Services
from app.services.sessions import Credentials

SCHEME = "bearer "


def credential_reader(_settings: Settings) -> Callable[[Headers], str | None]:
    """A function that finds the access token in a request's headers."""
    return _read_bearer_token


def challenge(exchange: Exchange) -> str:
    """The value of WWW-Authenticate."""
    detail = ', error="invalid_token"' if exchange.credential_sent else ""
    return f'Bearer realm="api"{detail}'


def credential_cookie(settings: Settings) -> CredentialCookie:
    return CredentialCookie("refresh_token", settings.cookie_secure)


async def sign_in(services: Services, user: User, _request: Request) -> Credentials:
    return await services.sessions.sign_in(user)


def hand_out(credentials: Credentials, settings: Settings, response: Response) -> None:
    cookie = credential_cookie(settings).set(credentials.refresh_token, credentials.max_age)
    response.headers.append("Set-Cookie", cookie)


def _read_bearer_token(headers: Headers) -> str | None:
    authorization = headers.get("authorization", "")
    if authorization[: len(SCHEME)].lower() != SCHEME:
        return None
    return authorization[len(SCHEME) :].strip()
