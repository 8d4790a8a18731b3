"""Operations on one's own account that do not depend on how one signs in."""

from __future__ import annotations

from flask import Blueprint, Response, request

from app import schemas
from app.api import current
from app.api.bodies import JSON, empty_response, read_body
from app.security.credentials import credential_cookie, handed_out

blueprint = Blueprint("account", __name__, url_prefix="/v1")


@blueprint.put("/users/me/password")
def change_password() -> Response:
    user_id = current.user_id()
    data = read_body(schemas.ChangePassword)
    credentials = current.services().accounts.change_password(
        user_id, data.current_password, data.new_password, current.exchange().client_ip
    )
    return empty_response(headers={"Set-Cookie": handed_out(credentials, current.settings())})


@blueprint.post("/auth/logout")
def logout() -> Response:
    cookie = credential_cookie(current.settings())
    if value := request.cookies.get(cookie.name):
        current.services().sessions.sign_out(value)
    return empty_response(headers={"Set-Cookie": cookie.clear()})


@blueprint.post("/auth/logout-all")
def logout_all() -> Response:
    current.services().accounts.sign_out_everywhere(current.user_id())
    return empty_response()


@blueprint.post("/auth/verify-email")
def verify_email() -> Response:
    current.services().accounts.verify_email(read_body(schemas.VerifyEmail).token)
    return empty_response()


@blueprint.post("/auth/password/forgot")
def forgot_password() -> Response:
    current.services().accounts.forgot_password(read_body(schemas.ForgotPassword).email)
    return Response("{}", 202, mimetype=JSON)


@blueprint.post("/auth/password/reset")
def reset_password() -> Response:
    data = read_body(schemas.ResetPassword)
    current.services().accounts.reset_password(data.token, data.new_password)
    return empty_response()
