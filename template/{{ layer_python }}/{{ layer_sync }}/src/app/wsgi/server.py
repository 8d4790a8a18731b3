"""gunicorn: one process that serves with threads, below one that watches it and takes signals."""

from __future__ import annotations

import logging
import math
import os
from collections.abc import Mapping
from typing import Any
from wsgiref.types import WSGIApplication

from gunicorn.app.base import BaseApplication
from gunicorn.glogging import Logger

from app.admin import AdminServer
from app.config import Settings
from app.observability import tracing
from app.services import Services
from app.wsgi.worker import worker_class

# Requests beyond the database's connections wait for one, each in a thread, and are told in time.
THREADS = 128
CONNECTIONS = 1000
KEEP_ALIVE_SECONDS = 15
OVERTIME_SECONDS = 2
MAX_LINE = 8190
MAX_HEADER = 16_380


class Log(Logger):  # type: ignore[misc]
    """gunicorn's own lines, in the one shape of all lines."""

    def setup(self, _: object) -> None:
        for name in ("gunicorn.error", "gunicorn.access"):
            logging.getLogger(name).propagate = True


class Server(BaseApplication):  # type: ignore[misc]
    def __init__(self, app: WSGIApplication, services: Services, settings: Settings) -> None:
        self._app = app
        self._services = services
        self._settings = settings
        self._admin: AdminServer | None = None
        super().__init__()

    def load_config(self) -> None:
        for name, value in self._options().items():
            self.cfg.set(name, value)

    def load(self) -> WSGIApplication:
        return self._app

    def _options(self) -> Mapping[str, Any]:
        settings = self._settings
        patience = math.ceil(settings.shutdown_timeout)
        return {
            "bind": f"{settings.host}:{settings.port}",
            "workers": 1,
            "worker_class": worker_class(settings),
            "threads": THREADS,
            "worker_connections": CONNECTIONS,
            "keepalive": KEEP_ALIVE_SECONDS,
            # Whatever hangs on the way out, the process does not outlive its time by much.
            "graceful_timeout": patience + OVERTIME_SECONDS,
            "limit_request_line": MAX_LINE,
            "limit_request_field_size": MAX_HEADER,
            "forwarded_allow_ips": "",
            "control_socket_disable": True,
            "logger_class": Log,
            "post_fork": lambda _, worker: worker.cfg.set("graceful_timeout", patience),
            "post_worker_init": lambda _: self._begin(),
            "worker_exit": lambda _, __: self._end(),
        }

    def _begin(self) -> None:
        # In the process that serves: threads do not survive a fork.
        tracing.configure(self._settings)
        self._admin = AdminServer(self._settings.host, self._settings.admin_port)
        self._admin.start()
        self._services.open()

    def _end(self) -> None:
        if self._admin is None:
            return
        self._admin.close()
        self._services.close()
        tracing.shutdown()
        # Python would wait for threads whose requests never end.
        os._exit(0)


def serve(app: WSGIApplication, services: Services, settings: Settings) -> None:
    """Serve until SIGTERM."""
    Server(app, services, settings).run()
