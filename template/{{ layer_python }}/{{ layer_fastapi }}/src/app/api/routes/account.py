"""Operations on one's own account that do not depend on how one signs in."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from app import schemas
from app.api.dependencies import CurrentUserId, ExchangeDep, ServicesDep, SettingsDep
from app.security.credentials import credential_cookie, handed_out

router = APIRouter(prefix="/v1", tags=["auth"])


@router.put("/users/me/password", status_code=204)
async def change_password(
    data: schemas.ChangePassword,
    user_id: CurrentUserId,
    services: ServicesDep,
    settings: SettingsDep,
    exchange: ExchangeDep,
    response: Response,
) -> None:
    credentials = await services.accounts.change_password(
        user_id, data.current_password, data.new_password, exchange.client_ip
    )
    response.headers["Set-Cookie"] = handed_out(credentials, settings)


@router.post("/auth/logout", status_code=204)
async def logout(
    request: Request, services: ServicesDep, settings: SettingsDep, response: Response
) -> None:
    cookie = credential_cookie(settings)
    if value := request.cookies.get(cookie.name):
        await services.sessions.sign_out(value)
    response.headers["Set-Cookie"] = cookie.clear()


@router.post("/auth/logout-all", status_code=204)
async def logout_all(user_id: CurrentUserId, services: ServicesDep) -> None:
    await services.accounts.sign_out_everywhere(user_id)


@router.post("/auth/verify-email", status_code=204)
async def verify_email(data: schemas.VerifyEmail, services: ServicesDep) -> None:
    await services.accounts.verify_email(data.token)


@router.post("/auth/password/forgot", status_code=202)
async def forgot_password(data: schemas.ForgotPassword, services: ServicesDep) -> dict[str, str]:
    await services.accounts.forgot_password(data.email)
    return {}


@router.post("/auth/password/reset", status_code=204)
async def reset_password(data: schemas.ResetPassword, services: ServicesDep) -> None:
    await services.accounts.reset_password(data.token, data.new_password)
