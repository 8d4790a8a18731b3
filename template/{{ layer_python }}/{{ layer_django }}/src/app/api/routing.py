"""Questions about the route table."""

from __future__ import annotations

import re
from functools import cache
from wsgiref.types import WSGIEnvironment

from django.core.handlers.wsgi import get_path_info
from django.urls import resolve

ROUTE = "app.route"
_PLACEHOLDER = re.compile(r"<(?:[^:<>]+:)?([^<>]+)>")


def route_template(environ: WSGIEnvironment) -> str:
    """The path as it was declared, such as `/v1/posts/{id}`, or "" if none matches."""
    route = environ.get(ROUTE)
    if route is None:
        # The request never got to the routes.
        route = resolve(get_path_info(environ)).route
    return _template(route)


@cache
def _template(route: str) -> str:
    # What matches nothing else is declared as "".
    return "/" + _PLACEHOLDER.sub(r"{\1}", route) if route else ""
