"""Request bodies: JSON only, and no larger than allowed however they are sent."""

from __future__ import annotations

import io
from collections.abc import Iterable
from typing import Any
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from app.errors import MalformedRequest, PayloadTooLarge, UnsupportedMediaType
from app.wsgi.exchange import JSON


class BodyMiddleware:
    def __init__(self, app: WSGIApplication, max_bytes: int) -> None:
        self._app = app
        self._max_bytes = max_bytes

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        length = environ.get("CONTENT_LENGTH") or "0"
        if length == "0" and "HTTP_TRANSFER_ENCODING" not in environ:
            return self._app(environ, start_response)
        if length.isdecimal() and int(length) > self._max_bytes:
            raise PayloadTooLarge
        media_type = environ.get("CONTENT_TYPE", "").partition(";")[0].strip().lower()
        if media_type != JSON:
            raise UnsupportedMediaType
        environ["wsgi.input"] = Bounded(environ["wsgi.input"], self._max_bytes)
        return self._app(environ, start_response)


class Bounded(io.RawIOBase):
    """A body as it comes, up to `limit` bytes; a header may say anything.

    Reading more raises PayloadTooLarge, and reading what is no body MalformedRequest.
    """

    def __init__(self, stream: Any, limit: int) -> None:
        self._stream = stream
        self._left = limit

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        try:
            data = self._stream.read(len(buffer))
        except Exception as error:
            # Every server has errors of its own for chunks that are none and clients that left.
            raise MalformedRequest from error
        self._left -= len(data)
        if self._left < 0:
            raise PayloadTooLarge
        buffer[: len(data)] = data
        return len(data)
