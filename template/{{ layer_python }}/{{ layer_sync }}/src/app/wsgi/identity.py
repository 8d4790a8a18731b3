"""Finds out who is calling, and whether they have called too often."""

from __future__ import annotations

from collections.abc import Iterable
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from app.config import Settings
from app.errors import Unavailable
from app.exchange import PROBES, Exchange
from app.rate_policies import enforce
from app.security.client_ip import rate_limit_key
from app.security.credentials import find_credential
from app.services import Services
from app.wsgi.exchange import exchange_of


class IdentityMiddleware:
    def __init__(self, app: WSGIApplication, settings: Settings, services: Services) -> None:
        self._app = app
        self._settings = settings
        self._sessions = services.sessions
        self._limiter = services.limiter

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if environ.get("PATH_INFO") not in PROBES:
            exchange = exchange_of(environ)
            self._identify(exchange, environ)
            if exchange.user_id:
                decision = self._limiter.count("user", str(exchange.user_id))
            else:
                decision = self._limiter.count("ip", rate_limit_key(exchange.client_ip))
            exchange.decisions.append(decision)
            enforce(decision)
        return self._app(environ, start_response)

    def _identify(self, exchange: Exchange, environ: WSGIEnvironment) -> None:
        credential = find_credential(
            environ.get("HTTP_AUTHORIZATION"), environ.get("HTTP_COOKIE"), self._settings
        )
        if credential is None:
            return
        exchange.credential_sent = True
        try:
            exchange.identified(self._sessions.authenticate(credential))
        except Unavailable:
            # What is public stays readable; what needs an identity will answer 503.
            exchange.identity_unknown = True
