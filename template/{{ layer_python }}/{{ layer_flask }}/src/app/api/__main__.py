"""`python -m app.api`: read the configuration, build the service, listen."""

from __future__ import annotations

from app.api.app import create_app, services_of
from app.config import Settings, load_settings_or_exit
from app.observability import logging
from app.wsgi.server import serve


def listen(settings: Settings) -> None:
    """Serve until SIGTERM."""
    app = create_app(settings)
    serve(app, services_of(app), settings)


def main() -> None:
    settings = load_settings_or_exit()
    logging.configure(settings)
    listen(settings)


if __name__ == "__main__":
    main()
