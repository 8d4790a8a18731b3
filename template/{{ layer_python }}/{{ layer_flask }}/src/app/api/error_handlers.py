"""From anything that goes wrong to the one shape of error response."""

from __future__ import annotations

from flask import Flask, Response
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from app.api import current
from app.errors import (
    MalformedRequest,
    NotFound,
    PayloadTooLarge,
    ServiceError,
    UnsupportedMediaType,
)
from app.wsgi.exchange import error_reply

_ERROR_OF_STATUS: dict[int, type[ServiceError]] = {
    400: MalformedRequest,
    404: NotFound,
    413: PayloadTooLarge,
    415: UnsupportedMediaType,
}


class NotAllowed(ServiceError):
    code = "method_not_allowed"


def add_error_handlers(app: Flask) -> None:
    app.register_error_handler(ServiceError, error_response)
    app.register_error_handler(HTTPException, _on_http_exception)


def error_response(error: ServiceError) -> Response:
    reply = error_reply(error, current.exchange())
    return Response(reply.body, reply.status, reply.headers)


def _on_http_exception(error: HTTPException) -> Response:
    if isinstance(error, MethodNotAllowed):
        response = error_response(NotAllowed())
        response.headers["Allow"] = ", ".join(sorted(error.valid_methods or ()))
        return response
    return error_response(_ERROR_OF_STATUS.get(error.code or 500, ServiceError)())
