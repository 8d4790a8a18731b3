"""Sign-in: an access token in the body, a refresh token in a cookie that scripts cannot read."""

from __future__ import annotations

from flask import Blueprint, Response, request

from app import schemas
from app.api import current
from app.api.bodies import json_response, read_body
from app.api.error_handlers import error_response
from app.rules.sessions import RefreshInvalid
from app.security.credentials import Credentials, credential_cookie, handed_out
from app.token_schemas import Tokens

blueprint = Blueprint("auth", __name__, url_prefix="/v1/auth")


@blueprint.post("/login")
def login() -> Response:
    data = read_body(schemas.Login)
    services = current.services()
    user = services.logins.check(data.email, data.password, current.exchange().client_ip)
    return _signed_in(services.sessions.sign_in(user, None))


@blueprint.post("/refresh")
def refresh() -> Response:
    cookie = credential_cookie(current.settings())
    try:
        credentials = current.services().sessions.refresh(request.cookies.get(cookie.name, ""))
    except RefreshInvalid as error:
        refused = error_response(error)
        refused.headers["Set-Cookie"] = cookie.clear()
        return refused
    return _signed_in(credentials)


def _signed_in(credentials: Credentials) -> Response:
    tokens = Tokens(access_token=credentials.access_token, expires_in=credentials.expires_in)
    return json_response(
        tokens, headers={"Set-Cookie": handed_out(credentials, current.settings())}
    )
