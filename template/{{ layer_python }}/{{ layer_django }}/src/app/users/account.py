"""Operations on one's own account that do not depend on how one signs in."""

from __future__ import annotations

from django.http import HttpResponse
from ninja import Router

from app import schemas
from app.api.callers import signed_in
from app.api.handler import Request
from app.api.replies import JSON, empty_response, with_cookie
from app.security.cookies import cookie_value
from app.security.credentials import credential_cookie

router = Router(tags=["auth"])


@router.post("/logout", response={204: None})
def logout(request: Request) -> HttpResponse:
    cookie = credential_cookie(request.settings)
    if value := cookie_value(request.cookie_header, cookie.name):
        request.services.sessions.sign_out(value)
    return with_cookie(empty_response(), cookie.clear())


@router.post("/logout-all", auth=signed_in, response={204: None})
def logout_all(request: Request) -> HttpResponse:
    request.services.accounts.sign_out_everywhere(request.auth)
    return empty_response()


@router.post("/verify-email", response={204: None})
def verify_email(request: Request, data: schemas.VerifyEmail) -> HttpResponse:
    request.services.accounts.verify_email(data.token)
    return empty_response()


@router.post("/password/forgot", response={202: dict[str, str]})
def forgot_password(request: Request, data: schemas.ForgotPassword) -> HttpResponse:
    request.services.accounts.forgot_password(data.email)
    return HttpResponse("{}", JSON, 202, headers={"Content-Length": "2"})


@router.post("/password/reset", response={204: None})
def reset_password(request: Request, data: schemas.ResetPassword) -> HttpResponse:
    request.services.accounts.reset_password(data.token, data.new_password)
    return empty_response()
