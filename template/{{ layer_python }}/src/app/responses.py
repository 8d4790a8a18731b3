"""The one table from error codes to responses, and the shape that every error has."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any, NamedTuple

from app.errors import Fault, RateLimited, ServiceError, Unavailable


class ErrorResponse(NamedTuple):
    status: int
    title: str
    message: str


def _row(status: int, message: str, title: str | None = None) -> ErrorResponse:
    return ErrorResponse(status, title or HTTPStatus(status).phrase, message)


ERROR_RESPONSES: dict[str, ErrorResponse] = {
    "malformed_request": _row(400, "The request body is not valid JSON."),
    "invalid_parameter": _row(400, "A query parameter is not valid.", "Invalid Parameter"),
    "token_invalid": _row(400, "The token is unknown, used or expired.", "Token Invalid"),
    "unauthenticated": _row(401, "Sign in to use this resource."),
    "invalid_credentials": _row(401, "The email or the password is wrong.", "Invalid Credentials"),
    "refresh_invalid": _row(401, "Sign in again.", "Refresh Invalid"),
    "forbidden": _row(403, "You are not allowed to do this."),
    "csrf_rejected": _row(403, "Requests from other sites are refused.", "Cross-Site Request"),
    "not_found": _row(404, "There is nothing here."),
    "method_not_allowed": _row(405, "This resource does not support the method."),
    "email_taken": _row(409, "An account with this email exists.", "Email Taken"),
    "precondition_failed": _row(412, "The resource has changed since you read it."),
    "payload_too_large": _row(413, "The request body is too large.", "Payload Too Large"),
    "unsupported_media_type": _row(415, "Send the body as application/json."),
    "validation_failed": _row(422, "The request has invalid content.", "Validation Failed"),
    "rate_limited": _row(429, "Too many requests; try again later."),
    "internal_error": _row(500, "Something went wrong on our side."),
    "service_unavailable": _row(503, "A part of the service is down; try again soon."),
}


def error_body(code: str, request_id: str, faults: Sequence[Fault] = ()) -> dict[str, Any]:
    row = ERROR_RESPONSES[code]
    body: dict[str, Any] = {
        "error": row.title,
        "message": row.message,
        "code": code,
        "request_id": request_id,
    }
    if faults:
        body["details"] = [fault._asdict() for fault in faults]
    return body


def error_headers(error: ServiceError) -> dict[str, str]:
    if isinstance(error, RateLimited | Unavailable):
        return {"Retry-After": str(error.retry_after)}
    return {}
