"""What happens to every request, from the outside in."""

from __future__ import annotations

from wsgiref.types import WSGIApplication

from app.config import Settings
from app.services import Services
from app.wsgi.body import BodyMiddleware
from app.wsgi.context import ContextMiddleware, RouteOf
from app.wsgi.cors import CorsMiddleware
from app.wsgi.csrf import CsrfMiddleware
from app.wsgi.identity import IdentityMiddleware


def wrap(
    app: WSGIApplication, settings: Settings, services: Services, route_of: RouteOf
) -> WSGIApplication:
    # The last one that is put around is the first to see a request.
    app = BodyMiddleware(app, settings.max_body_bytes)
    app = IdentityMiddleware(app, settings, services)
    app = CsrfMiddleware(app, settings.cors_allowed_origins)
    app = CorsMiddleware(app, settings.cors_allowed_origins)
    return ContextMiddleware(app, settings, route_of)
