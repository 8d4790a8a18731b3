"""Finds out who is calling, and whether they have called too often."""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from app.api.exchange import exchange_of
from app.config import Settings
from app.errors import Unavailable
from app.exchange import PROBES, Exchange
from app.rate_policies import enforce
from app.security.client_ip import rate_limit_key
from app.security.credentials import find_credential
from app.services import Services


class IdentityMiddleware:
    def __init__(self, app: ASGIApp, settings: Settings, services: Services) -> None:
        self._app = app
        self._settings = settings
        self._sessions = services.sessions
        self._limiter = services.limiter

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] not in PROBES:
            exchange = exchange_of(scope)
            await self._identify(exchange, Headers(scope=scope))
            if exchange.user_id:
                decision = await self._limiter.count("user", str(exchange.user_id))
            else:
                decision = await self._limiter.count("ip", rate_limit_key(exchange.client_ip))
            exchange.decisions.append(decision)
            enforce(decision)
        await self._app(scope, receive, send)

    async def _identify(self, exchange: Exchange, headers: Headers) -> None:
        credential = find_credential(
            headers.get("authorization"), headers.get("cookie"), self._settings
        )
        if credential is None:
            return
        exchange.credential_sent = True
        try:
            exchange.identified(await self._sessions.authenticate(credential))
        except Unavailable:
            # What is public stays readable; what needs an identity will answer 503.
            exchange.identity_unknown = True
