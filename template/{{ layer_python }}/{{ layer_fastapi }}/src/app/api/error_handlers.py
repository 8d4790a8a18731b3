"""From anything that goes wrong to the one shape of error response."""

from __future__ import annotations

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from app.api.exchange import exchange_of
from app.api.routing import allowed_methods
from app.errors import InvalidParameter, MalformedRequest, ServiceError, ValidationFailed
from app.exchange import Exchange
from app.faults import faults_from
from app.responses import ERROR_RESPONSES, error_body, error_headers
from app.security.credentials import challenge

_CODE_OF_STATUS = {
    400: "malformed_request",
    404: "not_found",
    405: "method_not_allowed",
    413: "payload_too_large",
    415: "unsupported_media_type",
}


def add_error_handlers(app: FastAPI) -> None:
    app.add_exception_handler(ServiceError, _on_service_error)
    app.add_exception_handler(RequestValidationError, _on_validation_error)
    app.add_exception_handler(HTTPException, _on_http_exception)


def error_response(error: ServiceError, exchange: Exchange) -> Response:
    headers = error_headers(error)
    if error.code == "unauthenticated":
        headers["WWW-Authenticate"] = challenge(credential_sent=exchange.credential_sent)
    return JSONResponse(
        error_body(error.code, exchange.request_id, error.faults),
        ERROR_RESPONSES[error.code].status,
        headers,
    )


async def _on_service_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, ServiceError)
    return error_response(error, exchange_of(request.scope))


async def _on_validation_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    exchange = exchange_of(request.scope)
    errors = error.errors()
    if any(item["type"] == "json_invalid" for item in errors) or (
        errors[0]["loc"] == ("body",) and not exchange.body_seen
    ):
        return error_response(MalformedRequest(), exchange)
    kind = InvalidParameter if errors[0]["loc"][0] == "query" else ValidationFailed
    return error_response(kind(*faults_from(errors)), exchange)


async def _on_http_exception(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    code = _CODE_OF_STATUS.get(error.status_code, "internal_error")
    headers = {}
    if code == "method_not_allowed":
        headers["Allow"] = ", ".join(allowed_methods(request.app, request.scope["path"]))
    body = error_body(code, exchange_of(request.scope).request_id)
    return JSONResponse(body, ERROR_RESPONSES[code].status, headers)
