"""What route functions ask for in their signatures."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Path, Request

from app.api.exchange import exchange_of
from app.config import Settings
from app.errors import NotFound, Unauthenticated, Unavailable
from app.exchange import Exchange
from app.ids import parse_uuid
from app.rate_policies import enforce
from app.security.client_ip import rate_limit_key
from app.services import Services


async def get_services(request: Request) -> Services:
    services: Services = request.app.state.services
    return services


async def get_settings(request: Request) -> Settings:
    settings: Settings = request.app.state.settings
    return settings


async def get_exchange(request: Request) -> Exchange:
    return exchange_of(request.scope)


async def get_current_user_id(request: Request) -> UUID:
    exchange = exchange_of(request.scope)
    if exchange.user_id is None:
        raise Unavailable if exchange.identity_unknown else Unauthenticated
    return exchange.user_id


async def get_id(path_id: Annotated[str, Path(alias="id")]) -> UUID:
    # Where no resource can be, there is none: a malformed id is a 404 like any unknown one.
    resource_id = parse_uuid(path_id)
    if resource_id is None:
        raise NotFound
    return resource_id


async def limit_sign_ups(request: Request) -> None:
    services = await get_services(request)
    exchange = exchange_of(request.scope)
    decision = await services.limiter.count("signup", rate_limit_key(exchange.client_ip))
    exchange.decisions.append(decision)
    enforce(decision)


ServicesDep = Annotated[Services, Depends(get_services)]
SettingsDep = Annotated[Settings, Depends(get_settings)]
ExchangeDep = Annotated[Exchange, Depends(get_exchange)]
CurrentUserId = Annotated[UUID, Depends(get_current_user_id)]
ResourceId = Annotated[UUID, Depends(get_id)]
