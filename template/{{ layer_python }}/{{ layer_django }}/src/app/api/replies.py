"""From models to responses."""

from __future__ import annotations

from collections.abc import Mapping

from django.http import HttpResponse
from pydantic import BaseModel

JSON = "application/json"


def json_response(
    content: BaseModel, status: int = 200, headers: Mapping[str, str] | None = None
) -> HttpResponse:
    body = content.model_dump_json().encode()
    length = {"Content-Length": str(len(body))}
    return HttpResponse(body, JSON, status, headers={**(headers or {}), **length})


def empty_response(status: int = 204, headers: Mapping[str, str] | None = None) -> HttpResponse:
    response = HttpResponse(status=status, headers=dict(headers or {}))
    # It would say what kind of nothing this is.
    del response["Content-Type"]
    return response


def with_cookie(response: HttpResponse, cookie: str) -> HttpResponse:
    """`cookie` is the value of a Set-Cookie header."""
    response.cookies.load(cookie)
    return response
