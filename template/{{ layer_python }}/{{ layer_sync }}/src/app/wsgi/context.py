"""The outermost layer: request id, trace, access log, metrics, headers and the last resort."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from types import TracebackType
from typing import Any, TypeAlias
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

import structlog

from app.config.core import CoreSettings
from app.errors import ServiceError
from app.exchange import DEFAULT_CACHE_CONTROL, Exchange, begin, end, request_id_of
from app.observability.metrics import method_label
from app.security.client_ip import client_ip
from app.security.headers import security_headers
from app.wsgi.exchange import KEY, error_reply

Headers: TypeAlias = list[tuple[str, str]]
ExcInfo: TypeAlias = (
    tuple[type[BaseException], BaseException, TracebackType] | tuple[None, None, None] | None
)
# The path as it was declared, such as `/v1/posts/{id}`, or "" if none matches.
RouteOf: TypeAlias = Callable[[WSGIEnvironment], str]

log = structlog.get_logger(__name__)


class ContextMiddleware:
    """For responses that are whole when the application returns, as all of ours are."""

    def __init__(self, app: WSGIApplication, settings: CoreSettings, route_of: RouteOf) -> None:
        self._app = app
        self._route_of = route_of
        self._hops = settings.trusted_proxy_hops
        self._headers = security_headers(settings)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        started = time.perf_counter()
        method = method_label(environ["REQUEST_METHOD"])
        exchange = environ[KEY] = self._begin(environ)
        span = begin(exchange, method, environ.get("HTTP_TRACEPARENT"))
        status = 0

        def start(line: str, headers: Headers, exc_info: ExcInfo = None) -> Any:
            nonlocal status
            status = int(line[:3])
            return start_response(line, self._complete(headers, exchange), exc_info)

        try:
            return self._app(environ, start)
        except ServiceError as error:
            return error_reply(error, exchange).send(start)
        except Exception:
            log.exception("unhandled_error")
            return error_reply(ServiceError(), exchange).send(start)
        finally:
            end(
                exchange,
                span,
                method=method,
                route=self._route_of(environ),
                path=environ.get("PATH_INFO", ""),
                status=status,
                seconds=time.perf_counter() - started,
            )

    def _begin(self, environ: WSGIEnvironment) -> Exchange:
        forwarded_for = environ.get("HTTP_X_FORWARDED_FOR") if self._hops else None
        address = client_ip(environ.get("REMOTE_ADDR") or "unknown", forwarded_for, self._hops)
        return Exchange(request_id_of(environ.get("HTTP_X_REQUEST_ID")), address)

    def _complete(self, headers: Headers, exchange: Exchange) -> Headers:
        named = {name.lower() for name, _ in headers}
        if "cache-control" not in named:
            headers.append(("Cache-Control", DEFAULT_CACHE_CONTROL))
        headers.append(("X-Request-Id", exchange.request_id))
        for extra in (self._headers, exchange.rate_limit_headers, exchange.cors_headers):
            headers.extend(extra.items())
        return headers
