"""/v1/users"""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, Response

from app import schemas
from app.api import current
from app.api.bodies import empty_response, json_response, read_body
from app.rate_policies import enforce
from app.security.client_ip import rate_limit_key

blueprint = Blueprint("users", __name__, url_prefix="/v1/users")


@blueprint.post("")
def sign_up() -> Response:
    _limit_sign_ups()
    data = read_body(schemas.SignUp)
    user = current.services().accounts.sign_up(data.email, data.name, data.password)
    return json_response(schemas.Me.model_validate(user), 201, {"Location": f"/v1/users/{user.id}"})


@blueprint.get("/me")
def get_me() -> Response:
    user = current.services().accounts.get(current.user_id())
    return json_response(schemas.Me.model_validate(user))


@blueprint.delete("/me")
def delete_me() -> Response:
    current.services().accounts.delete(current.user_id())
    return empty_response()


@blueprint.get("/<uuid:id>")
def get_user(id: UUID) -> Response:
    user = current.services().accounts.get(id)
    return json_response(schemas.PublicUser.model_validate(user))


def _limit_sign_ups() -> None:
    exchange = current.exchange()
    key = rate_limit_key(exchange.client_ip)
    decision = current.services().limiter.count("signup", key)
    exchange.decisions.append(decision)
    enforce(decision)
