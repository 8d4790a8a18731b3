"""What Django itself answers, in the shape of every other error."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from app.api.errors import NotAllowed, error_response
from app.api.replies import JSON
from app.errors import MalformedRequest, NotFound, ServiceError
from app.wsgi.exchange import KEY

GetResponse = Callable[[HttpRequest], HttpResponse]

_ERRORS: dict[int, type[ServiceError]] = {400: MalformedRequest, 404: NotFound, 405: NotAllowed}


def one_shape_of_errors(get_response: GetResponse) -> GetResponse:
    def respond(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        error = _ERRORS.get(response.status_code)
        if error is None or response.get("Content-Type") == JSON or KEY not in request.META:
            return response
        refused = error_response(request, error())
        if allowed := response.get("Allow"):
            refused["Allow"] = allowed
        return refused

    return respond
