"""The API: its routers, its documentation in development, and how it says no."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationErrorContext
from ninja.parser import Parser
from pydantic_core import from_json

from app.api.errors import error_response
from app.errors import InvalidParameter, MalformedRequest, ServiceError, ValidationFailed
from app.faults import faults_from
from app.parts import ROUTERS


class JsonParser(Parser):
    def parse_body(self, request: HttpRequest) -> object:  # type: ignore[override]
        return from_json(request.body)


class Api(NinjaAPI):
    def validation_error_from_error_contexts(  # type: ignore[override]
        self,
        error_contexts: list[ValidationErrorContext],  # type: ignore[type-arg]
    ) -> ServiceError:
        context = error_contexts[0]
        # Each starts with the name of the view's argument: ("data", "title").
        errors = context.pydantic_validation_error.errors(
            include_url=False, include_context=False, include_input=False
        )
        if context.model.__ninja_param_source__ == "query":
            return InvalidParameter(*faults_from(errors))
        if len(errors[0]["loc"]) == 1 and errors[0]["type"] == "missing":
            return MalformedRequest()  # there is no body at all
        return ValidationFailed(*faults_from(errors))


api = Api(
    title="API",
    docs_url="/docs" if settings.DEBUG else None,
    openapi_url="/openapi.json" if settings.DEBUG else "",
    parser=JsonParser(),
)
for prefix, router in ROUTERS:
    api.add_router(prefix, router)


@api.exception_handler(ServiceError)
def _told(request: HttpRequest, error: ServiceError) -> HttpResponse:
    return error_response(request, error)


@api.exception_handler(HttpError)
def _unparsable(request: HttpRequest, _: HttpError) -> HttpResponse:
    # What is left for django-ninja to find wrong: a body that is no JSON.
    return error_response(request, MalformedRequest())


@api.exception_handler(Exception)
def _unforeseen(_: HttpRequest, error: Exception) -> HttpResponse:
    # In development, too: it is logged and answered by the outermost layer.
    raise error
