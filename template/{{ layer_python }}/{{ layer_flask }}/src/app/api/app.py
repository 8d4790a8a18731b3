"""`create_app`: the whole service from its settings; nothing connects before it is needed."""

from __future__ import annotations

from functools import partial

from flask import Flask

from app.api.cli import add_commands
from app.api.error_handlers import add_error_handlers
from app.api.routes import BLUEPRINTS
from app.api.routing import remember_rule, route_template
from app.config import Settings, load_settings_or_exit
from app.observability import logging
from app.security.passwords import policy
from app.services import Services, build_services
from app.wsgi.middleware import wrap


def create_app(settings: Settings | None = None) -> Flask:
    """The WSGI application. Without settings, as for the `flask` command, it reads its own."""
    if settings is None:
        settings = load_settings_or_exit()
        logging.configure(settings)
    services = build_services(settings)
    policy.min_length = settings.password_min_length

    app = Flask("app", static_folder=None)
    app.config.from_mapping({name.upper(): value for name, value in settings})
    # OPTIONS is for preflight requests only, and a fault nobody foresaw is answered by the
    # outermost layer, which knows the request.
    app.config.from_mapping(PROVIDE_AUTOMATIC_OPTIONS=False, PROPAGATE_EXCEPTIONS=True)
    app.extensions.update(settings=settings, services=services)
    app.url_map.merge_slashes = False
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    app.before_request(remember_rule)
    add_error_handlers(app)
    add_commands(app)
    app.wsgi_app = wrap(  # type: ignore[assignment, method-assign]
        app.wsgi_app, settings, services, partial(route_template, app)
    )
    return app


def services_of(app: Flask) -> Services:
    services: Services = app.extensions["services"]
    return services
