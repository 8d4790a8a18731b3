"""What Django itself answers, in the shape of every other error."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed

from app.api.errors import NotAllowed, error_response
from app.wsgi.exchange import KEY

GetResponse = Callable[[HttpRequest], HttpResponse]


def one_shape_of_errors(get_response: GetResponse) -> GetResponse:
    def respond(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if isinstance(response, HttpResponseNotAllowed) and KEY in request.META:
            refused = error_response(request, NotAllowed())
            refused["Allow"] = ", ".join(sorted(response["Allow"].split(", ")))
            return refused
        return response

    return respond
