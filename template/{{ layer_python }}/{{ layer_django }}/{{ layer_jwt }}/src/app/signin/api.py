"""Sign-in: an access token in the body, a refresh token in a cookie that scripts cannot read."""

from __future__ import annotations

from django.http import HttpResponse
from ninja import Router

from app import schemas
from app.api.errors import error_response
from app.api.handler import Request
from app.api.replies import json_response, with_cookie
from app.rules.sessions import RefreshInvalid
from app.security.cookies import cookie_value
from app.security.credentials import Credentials, credential_cookie, handed_out
from app.token_schemas import Tokens

router = Router(tags=["auth"])


@router.post("/login", response=Tokens)
def login(request: Request, data: schemas.Login) -> HttpResponse:
    services = request.services
    user = services.logins.check(data.email, data.password, request.exchange.client_ip)
    return _signed_in(request, services.sessions.sign_in(user, None))


@router.post("/refresh", response=Tokens)
def refresh(request: Request) -> HttpResponse:
    cookie = credential_cookie(request.settings)
    token = cookie_value(request.cookie_header, cookie.name) or ""
    try:
        credentials = request.services.sessions.refresh(token)
    except RefreshInvalid as error:
        return with_cookie(error_response(request, error), cookie.clear())
    return _signed_in(request, credentials)


def _signed_in(request: Request, credentials: Credentials) -> HttpResponse:
    tokens = Tokens(access_token=credentials.access_token, expires_in=credentials.expires_in)
    return with_cookie(json_response(tokens), handed_out(credentials, request.settings))
