"""`build`: the whole service from its settings; nothing connects before it is needed."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

import django
from django.conf import settings as django_settings

from app.config import Settings
from app.security.passwords import policy
from app.services import Services, build_services
from app.wsgi.middleware import wrap

PAGES = ("/admin/", "/static/")


class Application:
    """A WSGI application, and the services behind it."""

    def __init__(self, app: WSGIApplication, services: Services) -> None:
        self._app = app
        self.services = services

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        return self._app(environ, start_response)


def build(settings: Settings) -> Application:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "app.settings")
    django.setup(set_prefix=False)
    # A line for every 4xx and 5xx, which the access log has already.
    logging.getLogger("django.request").setLevel(logging.CRITICAL)
    # Handlers read Django's settings when they are imported.
    from app.api.handler import ApiHandler
    from app.api.routing import route_template

    services = build_services(settings)
    policy.min_length = settings.password_min_length
    app = wrap(ApiHandler(settings, services), settings, services, route_template)
    if django_settings.DEBUG:
        app = _beside_pages(app)
    return Application(app, services)


def _beside_pages(api: WSGIApplication) -> WSGIApplication:
    """The admin's pages take forms and style sheets, which the API's layers would refuse."""
    from django.core.handlers.wsgi import WSGIHandler

    pages = WSGIHandler()

    def choose(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        app = pages if environ.get("PATH_INFO", "").startswith(PAGES) else api
        return app(environ, start_response)

    return choose
