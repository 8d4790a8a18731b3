"""Questions about the route table."""

from __future__ import annotations

import re
from functools import cache
from wsgiref.types import WSGIEnvironment

from flask import Flask, request
from werkzeug.exceptions import HTTPException, MethodNotAllowed
from werkzeug.routing import Rule

RULE = "app.rule"
_PLACEHOLDER = re.compile(r"<(?:[^:<>]+:)?([^<>]+)>")


def remember_rule() -> None:
    """So that nobody has to match the request a second time."""
    request.environ[RULE] = request.url_rule


def route_template(app: Flask, environ: WSGIEnvironment) -> str:
    """The path as it was declared, such as `/v1/posts/{id}`, or "" if none matches."""
    rule = environ.get(RULE) or _match(app, environ)
    return _template(rule.rule) if rule else ""


@cache
def _template(rule: str) -> str:
    return _PLACEHOLDER.sub(r"{\1}", rule)


def _match(app: Flask, environ: WSGIEnvironment, method: str | None = None) -> Rule | None:
    # The request never got to the routes, or its path has no route for its method.
    try:
        routes = app.url_map.bind_to_environ(environ)
        return routes.match(method=method, return_rule=True)[0]
    except MethodNotAllowed as error:
        return _match(app, environ, next(iter(error.valid_methods or ()), None))
    except HTTPException:
        return None
