"""`python -m app.api`: read the configuration, build the service, listen."""

from __future__ import annotations

from app.config import Settings, load_settings_or_exit
from app.observability import logging


def listen(settings: Settings) -> None:
    """Serve until SIGTERM."""
    # Only now, so that whatever Django says while it is imported is said as JSON.
    from app.api.app import build
    from app.wsgi.server import serve

    app = build(settings)
    serve(app, app.services, settings)


def main() -> None:
    settings = load_settings_or_exit()
    logging.configure(settings)
    listen(settings)


if __name__ == "__main__":
    main()
