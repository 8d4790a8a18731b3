"""The service on its port, with everything around it, until it is told to stop."""

from __future__ import annotations

from app.api.app import create_app, services_of
from app.config import Settings
from app.observability import logging
from app.wsgi.server import serve


def listen(settings: Settings) -> None:
    """Serve until SIGTERM."""
    logging.configure(settings)
    app = create_app(settings)
    serve(app, services_of(app), settings)
