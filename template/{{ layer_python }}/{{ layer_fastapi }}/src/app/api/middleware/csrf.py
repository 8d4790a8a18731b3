"""Refuses what other sites make a browser send."""

from __future__ import annotations

import structlog
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from app.errors import CsrfRejected
from app.security.csrf import SAFE_METHODS, is_cross_site

log = structlog.get_logger(__name__)


class CsrfMiddleware:
    def __init__(self, app: ASGIApp, allowed_origins: tuple[str, ...]) -> None:
        self._app = app
        self._allowed = allowed_origins

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] not in SAFE_METHODS:
            headers = Headers(scope=scope)
            if is_cross_site(
                method=scope["method"],
                authorization=headers.get("authorization"),
                origin=headers.get("origin"),
                sec_fetch_site=headers.get("sec-fetch-site"),
                host=headers.get("host"),
                allowed_origins=self._allowed,
            ):
                log.warning("csrf_rejected")
                raise CsrfRejected
        await self._app(scope, receive, send)
