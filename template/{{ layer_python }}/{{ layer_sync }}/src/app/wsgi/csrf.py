"""Refuses what other sites make a browser send."""

from __future__ import annotations

from collections.abc import Iterable
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

import structlog

from app.errors import CsrfRejected
from app.security.csrf import is_cross_site

log = structlog.get_logger(__name__)


class CsrfMiddleware:
    def __init__(self, app: WSGIApplication, allowed_origins: tuple[str, ...]) -> None:
        self._app = app
        self._allowed = allowed_origins

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if is_cross_site(
            method=environ["REQUEST_METHOD"],
            authorization=environ.get("HTTP_AUTHORIZATION"),
            origin=environ.get("HTTP_ORIGIN"),
            sec_fetch_site=environ.get("HTTP_SEC_FETCH_SITE"),
            host=environ.get("HTTP_HOST"),
            allowed_origins=self._allowed,
        ):
            log.warning("csrf_rejected")
            raise CsrfRejected
        return self._app(environ, start_response)
