"""The service on its port, until it is told to stop."""

from __future__ import annotations

from app.config import Settings
from app.observability import logging


def listen(settings: Settings) -> None:
    """Serve until SIGTERM."""
    logging.configure(settings)
    # Only now, so that whatever Django says while it is imported is said as JSON.
    from app.api.app import build
    from app.wsgi.server import serve

    app = build(settings)
    serve(app, app.services, settings)
