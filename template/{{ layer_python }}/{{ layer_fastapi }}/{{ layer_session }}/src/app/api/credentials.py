"""Where a request carries its credential, and how one is handed out: the session cookie."""

from __future__ import annotations

from collections.abc import Callable

from starlette.datastructures import Headers
from starlette.requests import Request, cookie_parser
from starlette.responses import Response

from app.api.exchange import Exchange
from app.config import Settings
from app.models import User
from app.security.cookies import CredentialCookie
from app.services import Services
from app.services.sessions import Credentials


def credential_reader(settings: Settings) -> Callable[[Headers], str | None]:
    """A function that finds the session's id in a request's headers."""
    name = credential_cookie(settings).name

    def read(headers: Headers) -> str | None:
        return cookie_parser(headers.get("cookie", "")).get(name)

    return read


def challenge(_exchange: Exchange) -> str:
    """The value of WWW-Authenticate."""
    return 'Session realm="api"'


def credential_cookie(settings: Settings) -> CredentialCookie:
    return CredentialCookie("session", settings.cookie_secure)


async def sign_in(services: Services, user: User, request: Request) -> Credentials:
    name = credential_cookie(request.app.state.settings).name
    return await services.sessions.sign_in(user, request.cookies.get(name))


def hand_out(credentials: Credentials, settings: Settings, response: Response) -> None:
    cookie = credential_cookie(settings).set(credentials.session_id, credentials.max_age)
    response.headers.append("Set-Cookie", cookie)
