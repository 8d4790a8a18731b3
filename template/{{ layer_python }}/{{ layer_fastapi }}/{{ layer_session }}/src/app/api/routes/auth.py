"""Sign-in: one cookie that scripts cannot read."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from app import schemas
from app.api.credentials import hand_out, sign_in
from app.api.dependencies import ExchangeDep, ServicesDep, SettingsDep

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
    hand_out(await sign_in(services, user, request), settings, response)
