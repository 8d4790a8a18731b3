"""From requests to models, and from models to responses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from flask import Response, request
from pydantic import BaseModel, ValidationError

from app.faults import body_error, query_error

JSON = "application/json"

Model = TypeVar("Model", bound=BaseModel)


def read_body(model: type[Model]) -> Model:
    """The request's body. Raises MalformedRequest or ValidationFailed."""
    try:
        return model.model_validate_json(request.get_data(cache=False))
    except ValidationError as error:
        raise body_error(error) from None


def read_query(model: type[Model]) -> Model:
    """The request's parameters. Raises InvalidParameter."""
    try:
        return model.model_validate(request.args.to_dict())
    except ValidationError as error:
        raise query_error(error) from None


def json_response(
    content: BaseModel, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    return Response(content.model_dump_json(), status, headers, mimetype=JSON)


def empty_response(status: int = 204, headers: Mapping[str, str] | None = None) -> Response:
    response = Response(status=status, headers=headers)
    # It would say what kind of nothing this is.
    del response.headers["Content-Type"]
    return response
