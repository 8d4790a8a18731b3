"""Sign-in: one cookie that scripts cannot read."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from app import schemas
from app.api.dependencies import ExchangeDep, ServicesDep, SettingsDep
from app.security.credentials import credential_cookie, handed_out

router = APIRouter(prefix="/v1/auth", tags=["auth"])


@router.post("/login", status_code=204)
async def login(
    data: schemas.Login,
    request: Request,
    services: ServicesDep,
    settings: SettingsDep,
    exchange: ExchangeDep,
    response: Response,
) -> None:
    user = await services.logins.check(data.email, data.password, exchange.client_ip)
    previous = request.cookies.get(credential_cookie(settings).name)
    credentials = await services.sessions.sign_in(user, previous)
    response.headers["Set-Cookie"] = handed_out(credentials, settings)
