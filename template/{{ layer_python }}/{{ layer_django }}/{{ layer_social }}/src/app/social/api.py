"""Sign-in through an OpenID Connect provider: there and back."""

from __future__ import annotations

from functools import lru_cache

from django.http import HttpResponse
from ninja import Router

from app.api.handler import Request
from app.api.replies import empty_response, with_cookie
from app.config import Settings
from app.errors import NotFound
from app.rules.social import TRANSACTION_SECONDS, SignInFailed, failure_url, transaction_cookie
from app.security.cookies import cookie_value
from app.security.credentials import credential_cookie, handed_out
from app.services import Services
from app.services.social import SocialService

router = Router(tags=["auth"])


@router.get("/{provider}/start", response={303: None})
def start(request: Request, provider: str) -> HttpResponse:
    social, settings = _social(request, provider), request.settings
    try:
        location, token = social.begin()
    except SignInFailed as failure:
        return _see_other(failure_url(failure, settings))
    cookie = transaction_cookie(settings).set(token, TRANSACTION_SECONDS)
    return with_cookie(_see_other(location), cookie)


@router.get("/{provider}/callback", response={303: None})
def callback(request: Request, provider: str) -> HttpResponse:
    social, settings = _social(request, provider), request.settings
    cookie = transaction_cookie(settings)
    try:
        user = social.complete(cookie_value(request.cookie_header, cookie.name), request.GET.dict())
    except SignInFailed as failure:
        return _see_other(failure_url(failure, settings))
    previous = cookie_value(request.cookie_header, credential_cookie(settings).name)
    credentials = request.services.sessions.sign_in(user, previous)
    response = with_cookie(_see_other(settings.oauth_success_url), cookie.clear())
    return with_cookie(response, handed_out(credentials, settings))


def _social(request: Request, provider: str) -> SocialService:
    if provider != request.settings.oauth_provider:
        raise NotFound
    return _service(request.services, request.settings)


@lru_cache
def _service(services: Services, settings: Settings) -> SocialService:
    # One for each service: it remembers what the provider says of itself.
    return SocialService(services.db, services.redis, services.sessions, settings)


def _see_other(location: str) -> HttpResponse:
    # 303, so that nothing of this request is sent on to where it leads.
    return empty_response(303, {"Location": location})
