"""Cross-origin headers on every response, and the answers to preflight requests."""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from app.api.exchange import exchange_of
from app.security.cors import cors_headers, preflight_headers


class CorsMiddleware:
    def __init__(self, app: ASGIApp, allowed_origins: tuple[str, ...]) -> None:
        self._app = app
        self._allowed = allowed_origins

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not self._allowed:
            await self._app(scope, receive, send)
            return
        request = Headers(scope=scope)
        origin = request.get("origin")
        if scope["method"] == "OPTIONS" and "access-control-request-method" in request:
            preflight = Response(status_code=204, headers=preflight_headers(origin, self._allowed))
            await preflight(scope, receive, send)
            return
        # Errors that are raised further in pass this layer by: the outermost one adds the headers.
        exchange_of(scope).cors_headers = cors_headers(origin, self._allowed)
        await self._app(scope, receive, send)
