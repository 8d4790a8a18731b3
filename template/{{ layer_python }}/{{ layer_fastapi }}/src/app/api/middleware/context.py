"""The outermost layer: request id, trace, access log, metrics, headers and the last resort."""

from __future__ import annotations

import asyncio
import time

import structlog
from fastapi import FastAPI
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.api.error_handlers import error_response
from app.api.routing import route_template
from app.config import Settings
from app.errors import ServiceError, Unavailable
from app.exchange import DEFAULT_CACHE_CONTROL, Exchange, begin, end, request_id_of
from app.observability.metrics import method_label
from app.security.client_ip import client_ip
from app.security.headers import security_headers

log = structlog.get_logger(__name__)


class ContextMiddleware:
    def __init__(self, app: ASGIApp, app_: FastAPI, settings: Settings) -> None:
        self._app = app
        self._routes = app_
        self._hops = settings.trusted_proxy_hops
        self._headers = security_headers(settings)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        headers = Headers(scope=scope)
        method = method_label(scope["method"])
        exchange = self._begin(scope, headers)
        span = begin(exchange, method, headers.get("traceparent"))
        status = 0

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                self._complete(MutableHeaders(scope=message), exchange)
            await send(message)

        try:
            await self._app(scope, receive, send_with_headers)
        except ServiceError as error:
            await error_response(error, exchange)(scope, receive, send_with_headers)
        except asyncio.CancelledError:
            # The server stops and has waited long enough for this request.
            if status:
                raise
            await error_response(Unavailable(), exchange)(scope, receive, send_with_headers)
        except Exception:
            log.exception("unhandled_error")
            if status:
                raise
            await error_response(ServiceError(), exchange)(scope, receive, send_with_headers)
        finally:
            end(
                exchange,
                span,
                method=method,
                route=route_template(self._routes, scope),
                path=scope["path"],
                status=status,
                seconds=time.perf_counter() - started,
            )

    def _begin(self, scope: Scope, headers: Headers) -> Exchange:
        request_id = request_id_of(headers.get("x-request-id"))
        peer = scope["client"][0] if scope["client"] else "unknown"
        forwarded_for = ",".join(headers.getlist("x-forwarded-for")) if self._hops else None
        exchange = Exchange(request_id, client_ip(peer, forwarded_for, self._hops))
        # A new dictionary: the server shares the one in the scope between requests.
        scope["state"] = {**scope.get("state", {}), "exchange": exchange}
        return exchange

    def _complete(self, headers: MutableHeaders, exchange: Exchange) -> None:
        raw = headers.raw
        raw.append((b"x-request-id", exchange.request_id.encode("latin-1")))
        for extra in (self._headers, exchange.rate_limit_headers, exchange.cors_headers):
            for name, value in extra.items():
                raw.append((name.lower().encode("latin-1"), value.encode("latin-1")))
        if "cache-control" not in headers:
            raw.append((b"cache-control", DEFAULT_CACHE_CONTROL.encode("latin-1")))
