"""Sign-in through an OpenID Connect provider: there and back."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, FastAPI, Request
from starlette.responses import Response

from app.api.credentials import hand_out, sign_in
from app.api.dependencies import ServicesDep, SettingsDep
from app.config import Settings
from app.errors import NotFound
from app.security.cookies import CredentialCookie
from app.services.social import TRANSACTION_SECONDS, SignInFailed, SocialService


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
        return _failed(failure, settings)
    response = _see_other(location)
    response.headers["Set-Cookie"] = _transaction_cookie(settings).set(token, TRANSACTION_SECONDS)
    return response


@router.get("/callback", status_code=303, response_class=Response)
async def callback(
    request: Request, social: SocialDep, services: ServicesDep, settings: SettingsDep
) -> Response:
    cookie = _transaction_cookie(settings)
    try:
        user = await social.complete(request.cookies.get(cookie.name), request.query_params)
    except SignInFailed as failure:
        return _failed(failure, settings)
    response = _see_other(settings.oauth_success_url)
    response.headers.append("Set-Cookie", cookie.clear())
    hand_out(await sign_in(services, user, request), settings, response)
    return response


def _transaction_cookie(settings: Settings) -> CredentialCookie:
    # Lax: a Strict cookie would not come along when the provider sends the browser back.
    return CredentialCookie("oauth_tx", settings.cookie_secure, same_site="Lax")


def _failed(failure: SignInFailed, settings: Settings) -> Response:
    url = settings.oauth_failure_url
    separator = "&" if "?" in url else "?"
    return _see_other(f"{url}{separator}{urlencode({'error': failure.reason})}")


def _see_other(location: str) -> Response:
    # 303, so that nothing of this request is sent on to where it leads.
    return Response(status_code=303, headers={"Location": location})
