"""What happens to every request, from the outside in."""

from __future__ import annotations

from fastapi import FastAPI

from app.api.middleware.body import BodyMiddleware
from app.api.middleware.context import ContextMiddleware
from app.api.middleware.cors import CorsMiddleware
from app.api.middleware.csrf import CsrfMiddleware
from app.api.middleware.identity import IdentityMiddleware
from app.config import Settings
from app.services import Services


def add_middleware(app: FastAPI, settings: Settings, services: Services) -> None:
    # The last one added is the first to see a request.
    app.add_middleware(BodyMiddleware, max_bytes=settings.max_body_bytes)
    app.add_middleware(IdentityMiddleware, settings=settings, services=services)
    app.add_middleware(CsrfMiddleware, allowed_origins=settings.cors_allowed_origins)
    app.add_middleware(CorsMiddleware, allowed_origins=settings.cors_allowed_origins)
    app.add_middleware(ContextMiddleware, app_=app, settings=settings)
