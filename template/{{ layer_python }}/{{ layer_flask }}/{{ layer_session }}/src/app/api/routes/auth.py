"""Sign-in: one cookie that scripts cannot read."""

from __future__ import annotations

from flask import Blueprint, Response, request

from app import schemas
from app.api import current
from app.api.bodies import empty_response, read_body
from app.security.credentials import credential_cookie, handed_out

blueprint = Blueprint("auth", __name__, url_prefix="/v1/auth")


@blueprint.post("/login")
def login() -> Response:
    data = read_body(schemas.Login)
    services, settings = current.services(), current.settings()
    user = services.logins.check(data.email, data.password, current.exchange().client_ip)
    previous = request.cookies.get(credential_cookie(settings).name)
    credentials = services.sessions.sign_in(user, previous)
    return empty_response(headers={"Set-Cookie": handed_out(credentials, settings)})
