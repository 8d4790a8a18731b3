"""Sign-in through an OpenID Connect provider: there and back."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

from fastapi import APIRouter, Depends, FastAPI, Request
from starlette.responses import Response

from app.api.dependencies import ServicesDep, SettingsDep
from app.errors import NotFound
from app.rules.social import TRANSACTION_SECONDS, SignInFailed, failure_url, transaction_cookie
from app.security.credentials import credential_cookie, handed_out
from app.services.social import SocialService


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[dict[str, SocialService]]:
    services, settings = app.state.services, app.state.settings
    social = SocialService(services.db, services.redis, services.sessions, settings)
    yield {"social": social}
    await social.close()


router = APIRouter(prefix="/v1/auth/oauth/{provider}", tags=["oauth"], lifespan=lifespan)


async def get_social(provider: str, request: Request, settings: SettingsDep) -> SocialService:
    if provider != settings.oauth_provider:
        raise NotFound
    social: SocialService = request.state.social
    return social


SocialDep = Annotated[SocialService, Depends(get_social)]


@router.get("/start", status_code=303, response_class=Response)
async def start(social: SocialDep, settings: SettingsDep) -> Response:
    try:
        location, token = await social.begin()
    except SignInFailed as failure:
        return _see_other(failure_url(failure, settings))
    response = _see_other(location)
    response.headers["Set-Cookie"] = transaction_cookie(settings).set(token, TRANSACTION_SECONDS)
    return response


@router.get("/callback", status_code=303, response_class=Response)
async def callback(
    request: Request, social: SocialDep, services: ServicesDep, settings: SettingsDep
) -> Response:
    cookie = transaction_cookie(settings)
    try:
        user = await social.complete(request.cookies.get(cookie.name), request.query_params)
    except SignInFailed as failure:
        return _see_other(failure_url(failure, settings))
    response = _see_other(settings.oauth_success_url)
    response.headers.append("Set-Cookie", cookie.clear())
    previous = request.cookies.get(credential_cookie(settings).name)
    credentials = await services.sessions.sign_in(user, previous)
    response.headers.append("Set-Cookie", handed_out(credentials, settings))
    return response


def _see_other(location: str) -> Response:
    # 303, so that nothing of this request is sent on to where it leads.
    return Response(status_code=303, headers={"Location": location})
