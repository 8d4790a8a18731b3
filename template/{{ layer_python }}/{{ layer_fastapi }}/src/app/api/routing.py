"""Questions about the route table."""

from __future__ import annotations

from collections.abc import Iterator

from fastapi import FastAPI
from starlette.routing import Match, Route
from starlette.types import Scope


def route_template(app: FastAPI, scope: Scope) -> str:
    """The path as it was declared, such as `/v1/posts/{id}`, or nothing if none matches."""
    route = scope.get("route")
    if isinstance(route, Route):
        return route.path
    return next((route.path for route in _matching(app, scope["path"])), "")


def allowed_methods(app: FastAPI, path: str) -> list[str]:
    """Every method that some route supports at this path."""
    return sorted({method for route in _matching(app, path) for method in route.methods or ()})


def _matching(app: FastAPI, path: str) -> Iterator[Route]:
    scope = {"type": "http", "method": "", "path": path, "root_path": ""}
    routes: list[Route] = app.state.routes
    return (route for route in routes if route.matches(scope)[0] is not Match.NONE)
