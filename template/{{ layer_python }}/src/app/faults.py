"""From pydantic's validation errors to the faults that a client is told of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from app.errors import Fault, InvalidParameter, MalformedRequest, ServiceError, ValidationFailed

_RULES = {
    "missing": "required",
    "string_too_short": "min_length",
    "string_too_long": "max_length",
    "string_unicode": "forbidden_char",
    "greater_than_equal": "format",
    "less_than_equal": "format",
    "int_parsing": "format",
    "uuid_parsing": "format",
}
_OWN_RULES = frozenset({"min_length", "max_length", "format", "forbidden_char", "too_common"})
_MESSAGES = {
    "required": "is required",
    "type": "has the wrong type",
    "min_length": "is too short",
    "max_length": "is too long",
    "format": "is not valid",
    "forbidden_char": "has a character that is not allowed",
}


def faults_from(errors: Sequence[Mapping[str, Any]]) -> list[Fault]:
    """One fault per error. What the client sent is never repeated in it."""
    return [_fault(error) for error in errors]


def body_error(error: ValidationError) -> ServiceError:
    """What is wrong with a body that a model was made from: it is no JSON, or not this model's."""
    errors = error.errors(include_url=False, include_context=False, include_input=False)
    if any(item["type"] == "json_invalid" for item in errors):
        return MalformedRequest()
    return ValidationFailed(*faults_from(_located("body", errors)))


def query_error(error: ValidationError) -> ServiceError:
    errors = error.errors(include_url=False, include_context=False, include_input=False)
    return InvalidParameter(*faults_from(_located("query", errors)))


def _located(place: str, errors: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    return [{**item, "loc": (place, *item["loc"])} for item in errors]


def _fault(error: Mapping[str, Any]) -> Fault:
    # `loc` starts with where the value was: ("body", "title").
    field = ".".join(str(part) for part in error["loc"][1:])
    kind = error["type"]
    if kind in _OWN_RULES:
        return Fault(field, kind, error["msg"])
    rule = _RULES.get(kind, "type")
    return Fault(field, rule, _MESSAGES[rule])
