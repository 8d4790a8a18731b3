"""The API description of the contract, ready to judge answers by."""

from __future__ import annotations

import re
from functools import cache
from importlib import resources
from typing import Any

import yaml
from jsonschema import Draft202012Validator, FormatChecker
from referencing import Registry
from referencing.jsonschema import DRAFT202012

_URI = "urn:roadbed:openapi"

# Contract §2.0: the closed list, each code with its status.
ERROR_CODES: dict[str, int] = {
    "malformed_request": 400,
    "invalid_parameter": 400,
    "token_invalid": 400,
    "unauthenticated": 401,
    "invalid_credentials": 401,
    "refresh_invalid": 401,
    "forbidden": 403,
    "csrf_rejected": 403,
    "not_found": 404,
    "method_not_allowed": 405,
    "email_taken": 409,
    "precondition_failed": 412,
    "payload_too_large": 413,
    "unsupported_media_type": 415,
    "validation_failed": 422,
    "rate_limited": 429,
    "internal_error": 500,
    "service_unavailable": 503,
}


@cache
def text() -> str:
    """`openapi.yaml` as it is."""
    return resources.files(__name__).joinpath("openapi.yaml").read_text("utf-8")


@cache
def document() -> dict[str, Any]:
    return dict(yaml.safe_load(text()))


@cache
def routes() -> list[tuple[str, re.Pattern[str]]]:
    """Path templates and what matches them; fixed paths before those with parameters."""
    templates = sorted(document()["paths"], key=lambda path: ("{" in path, path))
    return [
        (template, re.compile(re.sub(r"\{[^}]+\}", "[^/]+", template) + r"\Z"))
        for template in templates
    ]


def template_of(path: str) -> str | None:
    """`/v1/posts/{id}` for `/v1/posts/0190…`; None for a path the API does not have."""
    return next((template for template, pattern in routes() if pattern.match(path)), None)


def methods_of(template: str) -> set[str]:
    """The methods of a path, in upper case."""
    item = document()["paths"][template]
    known = {"get", "put", "post", "delete", "patch", "options", "head", "trace"}
    return {name.upper() for name in item if name in known}


def operations(auth: str, *, social: bool) -> list[tuple[str, str]]:
    """(method, path template) of every operation a variant has."""
    found = []
    for template in document()["paths"]:
        if template.startswith("/v1/auth/oauth/") and not social:
            continue
        if template == "/v1/auth/refresh" and auth != "jwt":
            continue
        found += [(method, template) for method in sorted(methods_of(template))]
    return found


def is_public(method: str, template: str) -> bool:
    """Whether an operation needs no credential."""
    operation = document()["paths"][template][method.lower()]
    return bool(operation.get("security", None) == [])


@cache
def response_pointer(method: str, template: str, status: int) -> str | None:
    """Where the schema of an answer's body stands, or None when it has none."""
    operation = document()["paths"][template].get(method.lower())
    if operation is None:
        return None
    responses = operation["responses"]
    key = str(status) if str(status) in responses else "default"
    if key not in responses:
        return None
    pointer = f"/paths/{_escape(template)}/{method.lower()}/responses/{key}"
    answer = responses[key]
    if "$ref" in answer:
        pointer = answer["$ref"].removeprefix("#")
        answer = document()["components"]["responses"][pointer.rpartition("/")[2]]
    if "content" not in answer:
        return None
    return f"{pointer}/content/application~1json/schema"


def faults(pointer: str, value: Any) -> list[str]:
    """What is wrong with a value by the schema at this pointer; empty when nothing is."""
    return [
        f"{'/'.join(map(str, error.absolute_path)) or 'body'}: {error.message[:200]}"
        for error in _validator(pointer).iter_errors(value)
    ]


@cache
def _validator(pointer: str) -> Draft202012Validator:
    resource = DRAFT202012.create_resource(document())
    registry: Registry[Any] = Registry().with_resource(_URI, resource)
    # Referencing resolves pointers in URI form: braces of path templates have to be encoded.
    encoded = pointer.replace("{", "%7B").replace("}", "%7D")
    return Draft202012Validator(
        {"$ref": f"{_URI}#{encoded}"}, registry=registry, format_checker=FormatChecker()
    )


def _escape(part: str) -> str:
    return part.replace("~", "~0").replace("/", "~1")
