"""Sign-in: one cookie that scripts cannot read."""

from __future__ import annotations

from django.http import HttpResponse
from ninja import Router

from app import schemas
from app.api.handler import Request
from app.api.replies import empty_response, with_cookie
from app.security.cookies import cookie_value
from app.security.credentials import credential_cookie, handed_out

router = Router(tags=["auth"])


@router.post("/login", response={204: None})
def login(request: Request, data: schemas.Login) -> HttpResponse:
    services, settings = request.services, request.settings
    user = services.logins.check(data.email, data.password, request.exchange.client_ip)
    previous = cookie_value(request.cookie_header, credential_cookie(settings).name)
    credentials = services.sessions.sign_in(user, previous)
    return with_cookie(empty_response(), handed_out(credentials, settings))
