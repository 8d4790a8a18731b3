"""/v1/users"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from uuid import UUID

from django.http import HttpResponse
from ninja import Router
from ninja.decorators import decorate_view

from app import schemas
from app.api.callers import signed_in
from app.api.handler import Request
from app.api.replies import empty_response, json_response, with_cookie
from app.rate_policies import enforce
from app.security.client_ip import rate_limit_key
from app.security.credentials import handed_out

View = Callable[..., HttpResponse]

router = Router(tags=["users"])


def limit_sign_ups(view: View) -> View:
    @wraps(view)
    def limited(request: Request, **values: object) -> HttpResponse:
        exchange = request.exchange
        decision = request.services.limiter.count("signup", rate_limit_key(exchange.client_ip))
        exchange.decisions.append(decision)
        enforce(decision)
        return view(request, **values)

    return limited


@router.post("", response={201: schemas.Me})
@decorate_view(limit_sign_ups)
def sign_up(request: Request, data: schemas.SignUp) -> HttpResponse:
    user = request.services.accounts.sign_up(data.email, data.name, data.password)
    return json_response(schemas.Me.model_validate(user), 201, {"Location": f"/v1/users/{user.id}"})


@router.get("/me", auth=signed_in, response=schemas.Me)
def get_me(request: Request) -> HttpResponse:
    return json_response(schemas.Me.model_validate(request.services.accounts.get(request.auth)))


@router.delete("/me", auth=signed_in, response={204: None})
def delete_me(request: Request) -> HttpResponse:
    request.services.accounts.delete(request.auth)
    return empty_response()


@router.put("/me/password", auth=signed_in, response={204: None})
def change_password(request: Request, data: schemas.ChangePassword) -> HttpResponse:
    credentials = request.services.accounts.change_password(
        request.auth, data.current_password, data.new_password, request.exchange.client_ip
    )
    return with_cookie(empty_response(), handed_out(credentials, request.settings))


@router.get("/{uuid:id}", response=schemas.PublicUser)
def get_user(request: Request, id: UUID) -> HttpResponse:
    return json_response(schemas.PublicUser.model_validate(request.services.accounts.get(id)))
