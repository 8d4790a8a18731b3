"""Sign-in through an OpenID Connect provider: there and back."""

from __future__ import annotations

from flask import Blueprint, Response, current_app, request
from flask.blueprints import BlueprintSetupState

from app.api import current
from app.api.bodies import empty_response
from app.errors import NotFound
from app.rules.social import TRANSACTION_SECONDS, SignInFailed, failure_url, transaction_cookie
from app.security.credentials import credential_cookie, handed_out
from app.services.social import SocialService

blueprint = Blueprint("oauth", __name__, url_prefix="/v1/auth/oauth/<provider>")


@blueprint.record_once
def _build_service(state: BlueprintSetupState) -> None:
    services, settings = state.app.extensions["services"], state.app.extensions["settings"]
    social = SocialService(services.db, services.redis, services.sessions, settings)
    state.app.extensions["social"] = social


@blueprint.get("/start")
def start(provider: str) -> Response:
    social, settings = _social(provider), current.settings()
    try:
        location, token = social.begin()
    except SignInFailed as failure:
        return _see_other(failure_url(failure, settings))
    response = _see_other(location)
    response.headers["Set-Cookie"] = transaction_cookie(settings).set(token, TRANSACTION_SECONDS)
    return response


@blueprint.get("/callback")
def callback(provider: str) -> Response:
    social, settings = _social(provider), current.settings()
    cookie = transaction_cookie(settings)
    try:
        user = social.complete(request.cookies.get(cookie.name), request.args)
    except SignInFailed as failure:
        return _see_other(failure_url(failure, settings))
    previous = request.cookies.get(credential_cookie(settings).name)
    credentials = current.services().sessions.sign_in(user, previous)
    response = _see_other(settings.oauth_success_url)
    response.headers.add("Set-Cookie", cookie.clear())
    response.headers.add("Set-Cookie", handed_out(credentials, settings))
    return response


def _social(provider: str) -> SocialService:
    if provider != current.settings().oauth_provider:
        raise NotFound
    social: SocialService = current_app.extensions["social"]
    return social


def _see_other(location: str) -> Response:
    # 303, so that nothing of this request is sent on to where it leads.
    return empty_response(303, {"Location": location})
