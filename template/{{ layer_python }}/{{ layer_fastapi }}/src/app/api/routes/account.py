"""Operations on one's own sign-in that do not depend on how one signs in."""

from __future__ import annotations

from fastapi import APIRouter

from app import schemas
from app.api.dependencies import CurrentUserId, ServicesDep

router = APIRouter(prefix="/v1/auth", tags=["auth"])


@router.post("/logout-all", status_code=204)
async def logout_all(user_id: CurrentUserId, services: ServicesDep) -> None:
    await services.accounts.sign_out_everywhere(user_id)


@router.post("/verify-email", status_code=204)
async def verify_email(data: schemas.VerifyEmail, services: ServicesDep) -> None:
    await services.accounts.verify_email(data.token)


@router.post("/password/forgot", status_code=202)
async def forgot_password(data: schemas.ForgotPassword, services: ServicesDep) -> dict[str, str]:
    await services.accounts.forgot_password(data.email)
    return {}


@router.post("/password/reset", status_code=204)
async def reset_password(data: schemas.ResetPassword, services: ServicesDep) -> None:
    await services.accounts.reset_password(data.token, data.new_password)
