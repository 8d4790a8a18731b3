"""/v1/users"""

from __future__ import annotations

from fastapi import APIRouter, Depends, Response

from app import schemas
from app.api.dependencies import (
    CurrentUserId,
    ResourceId,
    ServicesDep,
    limit_sign_ups,
)
from app.models import User

router = APIRouter(prefix="/v1/users", tags=["users"])


@router.post("", status_code=201, dependencies=[Depends(limit_sign_ups)])
async def sign_up(data: schemas.SignUp, services: ServicesDep, response: Response) -> schemas.Me:
    user = await services.accounts.sign_up(data.email, data.name, data.password)
    response.headers["Location"] = f"/v1/users/{user.id}"
    return _me(user)


@router.get("/me")
async def get_me(user_id: CurrentUserId, services: ServicesDep) -> schemas.Me:
    return _me(await services.accounts.get(user_id))


@router.delete("/me", status_code=204)
async def delete_me(user_id: CurrentUserId, services: ServicesDep) -> None:
    await services.accounts.delete(user_id)


@router.get("/{id}")
async def get_user(user_id: ResourceId, services: ServicesDep) -> schemas.PublicUser:
    return schemas.PublicUser.model_validate(await services.accounts.get(user_id))


def _me(user: User) -> schemas.Me:
    return schemas.Me.model_validate(user)
