"""Sign-in: an access token in the body, a refresh token in a cookie that scripts cannot read."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from app import schemas
from app.api.dependencies import CurrentUserId, ExchangeDep, ServicesDep
from app.api.error_handlers import error_response
from app.security.cookies import CredentialCookie
from app.services.sessions import Credentials, RefreshInvalid

router = APIRouter(prefix="/v1", tags=["auth"])


async def get_cookie(request: Request) -> CredentialCookie:
    return CredentialCookie("refresh_token", secure=request.app.state.settings.cookie_secure)


RefreshCookie = Annotated[CredentialCookie, Depends(get_cookie)]


@router.post("/auth/login")
async def login(
    data: schemas.Login,
    services: ServicesDep,
    exchange: ExchangeDep,
    cookie: RefreshCookie,
    response: Response,
) -> schemas.Tokens:
    user = await services.logins.check(data.email, data.password, exchange.client_ip)
    credentials = await services.sessions.sign_in(user)
    _hand_out(credentials, cookie, response)
    return _tokens(credentials, services.sessions.access_token_ttl)


@router.post("/auth/refresh", response_model=schemas.Tokens)
async def refresh(
    request: Request,
    services: ServicesDep,
    exchange: ExchangeDep,
    cookie: RefreshCookie,
    response: Response,
) -> schemas.Tokens | Response:
    try:
        credentials = await services.sessions.refresh(request.cookies.get(cookie.name, ""))
    except RefreshInvalid as error:
        refused = error_response(error, exchange)
        refused.headers["Set-Cookie"] = cookie.clear()
        return refused
    _hand_out(credentials, cookie, response)
    return _tokens(credentials, services.sessions.access_token_ttl)


@router.post("/auth/logout", status_code=204)
async def logout(
    request: Request, services: ServicesDep, cookie: RefreshCookie, response: Response
) -> None:
    if token := request.cookies.get(cookie.name):
        await services.sessions.sign_out(token)
    response.headers["Set-Cookie"] = cookie.clear()


@router.put("/users/me/password", status_code=204)
async def change_password(
    data: schemas.ChangePassword,
    user_id: CurrentUserId,
    services: ServicesDep,
    exchange: ExchangeDep,
    cookie: RefreshCookie,
    response: Response,
) -> None:
    credentials = await services.accounts.change_password(
        user_id, data.current_password, data.new_password, exchange.client_ip
    )
    _hand_out(credentials, cookie, response)


def _hand_out(credentials: Credentials, cookie: CredentialCookie, response: Response) -> None:
    response.headers["Set-Cookie"] = cookie.set(credentials.refresh_token, credentials.max_age)


def _tokens(credentials: Credentials, expires_in: int) -> schemas.Tokens:
    return schemas.Tokens(access_token=credentials.access_token, expires_in=expires_in)
