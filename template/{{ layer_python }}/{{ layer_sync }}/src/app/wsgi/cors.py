"""Cross-origin headers on every response, and the answers to preflight requests."""

from __future__ import annotations

from collections.abc import Iterable
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from app.security.cors import cors_headers, preflight_headers
from app.wsgi.exchange import Reply, exchange_of


class CorsMiddleware:
    def __init__(self, app: WSGIApplication, allowed_origins: tuple[str, ...]) -> None:
        self._app = app
        self._allowed = allowed_origins

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if not self._allowed:
            return self._app(environ, start_response)
        origin = environ.get("HTTP_ORIGIN")
        asked = "HTTP_ACCESS_CONTROL_REQUEST_METHOD" in environ
        if environ["REQUEST_METHOD"] == "OPTIONS" and asked:
            return Reply(204, preflight_headers(origin, self._allowed), b"").send(start_response)
        # Errors that are raised further in pass this layer by: the outermost one adds the headers.
        exchange_of(environ).cors_headers = cors_headers(origin, self._allowed)
        return self._app(environ, start_response)
