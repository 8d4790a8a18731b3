"""Request bodies: JSON only, and no larger than allowed however they are sent."""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.api.exchange import exchange_of
from app.errors import PayloadTooLarge, UnsupportedMediaType

JSON = "application/json"


class BodyMiddleware:
    def __init__(self, app: ASGIApp, max_bytes: int) -> None:
        self._app = app
        self._max_bytes = max_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        length = headers.get("content-length", "0")
        if length == "0" and "transfer-encoding" not in headers:
            await self._app(scope, receive, send)
            return
        if length.isdecimal() and int(length) > self._max_bytes:
            raise PayloadTooLarge
        media_type = headers.get("content-type", "").partition(";")[0].strip().lower()
        if media_type != JSON:
            raise UnsupportedMediaType
        exchange = exchange_of(scope)
        received = 0

        async def receive_counted() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            exchange.body_seen = received > 0
            if received > self._max_bytes:
                # The framework lets an HTTPException out of reading a body, and nothing else.
                raise HTTPException(413)
            return message

        await self._app(scope, receive_counted, send)
