"""From anything that goes wrong to the one shape of error response."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from app.errors import NotFound, ServiceError
from app.wsgi.exchange import error_reply, exchange_of


class NotAllowed(ServiceError):
    code = "method_not_allowed"


def error_response(request: HttpRequest, error: ServiceError) -> HttpResponse:
    reply = error_reply(error, exchange_of(request.META))
    length = {"Content-Length": str(len(reply.body))}
    return HttpResponse(reply.body, status=reply.status, headers={**reply.headers, **length})


@csrf_exempt
def nothing_here(request: HttpRequest) -> HttpResponse:
    return error_response(request, NotFound())
