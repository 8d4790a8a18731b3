"""Sign-in: an access token in the body, a refresh token in a cookie that scripts cannot read."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from app import schemas
from app.api.dependencies import ExchangeDep, ServicesDep, SettingsDep
from app.api.error_handlers import error_response
from app.rules.sessions import RefreshInvalid
from app.security.credentials import Credentials, credential_cookie, handed_out
from app.token_schemas import Tokens

router = APIRouter(prefix="/v1/auth", tags=["auth"])


@router.post("/login")
async def login(
    data: schemas.Login,
    services: ServicesDep,
    settings: SettingsDep,
    exchange: ExchangeDep,
    response: Response,
) -> Tokens:
    user = await services.logins.check(data.email, data.password, exchange.client_ip)
    credentials = await services.sessions.sign_in(user, None)
    response.headers["Set-Cookie"] = handed_out(credentials, settings)
    return _tokens(credentials)


@router.post("/refresh", response_model=Tokens)
async def refresh(
    request: Request,
    services: ServicesDep,
    settings: SettingsDep,
    exchange: ExchangeDep,
    response: Response,
) -> Tokens | Response:
    cookie = credential_cookie(settings)
    try:
        credentials = await services.sessions.refresh(request.cookies.get(cookie.name, ""))
    except RefreshInvalid as error:
        refused = error_response(error, exchange)
        refused.headers["Set-Cookie"] = cookie.clear()
        return refused
    response.headers["Set-Cookie"] = handed_out(credentials, settings)
    return _tokens(credentials)


def _tokens(credentials: Credentials) -> Tokens:
    return Tokens(access_token=credentials.access_token, expires_in=credentials.expires_in)
