"""Django's WSGI handler, and requests that know which service they are for."""

from __future__ import annotations

import io
from typing import Any, BinaryIO
from uuid import UUID
from wsgiref.types import StartResponse, WSGIEnvironment

from django.core.handlers.wsgi import WSGIHandler, WSGIRequest
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import ResolverMatch

from app.api.routing import ROUTE
from app.config import Settings
from app.exchange import Exchange
from app.services import Services
from app.wsgi.body import Bounded
from app.wsgi.exchange import exchange_of

_SERVICE = "app.service"


class Request(WSGIRequest):
    """What a view is given; `auth` is who is calling, where a route asks for it."""

    auth: UUID

    def __init__(self, environ: WSGIEnvironment) -> None:
        super().__init__(environ)
        # Django reads as much as Content-Length says, and a body in chunks has none. The server
        # knows where a body ends, and the layers around this one how long it may be.
        body: BinaryIO = environ["wsgi.input"]
        self._stream = body if isinstance(body, Bounded) else io.BytesIO()
        service: tuple[Settings, Services] = environ[_SERVICE]
        self.settings, self.services = service

    @property
    def exchange(self) -> Exchange:
        return exchange_of(self.environ)

    @property
    def cookie_header(self) -> str | None:
        value: str | None = self.environ.get("HTTP_COOKIE")
        return value


class ApiHandler(WSGIHandler):
    request_class = Request

    def __init__(self, settings: Settings, services: Services) -> None:
        super().__init__()
        self._service = settings, services

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> HttpResponseBase:
        environ[_SERVICE] = self._service

        def start(status: str, headers: list[tuple[str, str]], *more: Any) -> Any:
            # Django writes the value of Set-Cookie with a space in front.
            return start_response(status, [(name, value.strip()) for name, value in headers], *more)

        return super().__call__(environ, start)

    def resolve_request(self, request: HttpRequest) -> ResolverMatch:
        match = super().resolve_request(request)
        # So that nobody has to match the request a second time.
        request.META[ROUTE] = match.route
        return match
