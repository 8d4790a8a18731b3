"""What every worker has around the loop that brings its jobs: database, probes, metrics."""

from __future__ import annotations

import signal
from collections.abc import Callable
from typing import Protocol

import psycopg
import structlog

from app.admin import AdminServer, Reply, json_reply
from app.config import Settings
from app.jobs import store
from app.jobs.database import Database
from app.jobs.handlers import HANDLERS
from app.jobs.registry import Registry
from app.jobs.runner import Runner
from app.jobs.schedule import Scheduler
from app.observability import logging, metrics, tracing

STALLED_SECONDS = 60.0
READY_SECONDS = 2.0

log = structlog.get_logger(__name__)


class Loop(Protocol):
    """Brings jobs to the runner."""

    def run(self) -> None:
        """Returns when it was told to stop and every running job has ended or was given back."""

    def stop(self) -> None:
        """Take no more jobs. May be called from a signal handler."""

    def stalled_for(self) -> float:
        """Seconds since the loop last turned."""


class Runtime:
    """The parts of a worker that are the same whichever way its jobs come."""

    def __init__(self, settings: Settings, handlers: Registry = HANDLERS) -> None:
        self.settings = settings
        self.database = Database(settings)
        self.runner = Runner(self.database, settings, handlers)
        self.scheduler = Scheduler(self.database, settings)
        self._admin: AdminServer | None = None

    def open(self, stalled_for: Callable[[], float]) -> None:
        """Serve probes and metrics. Raises OSError if the port is taken."""
        self._admin = AdminServer(
            self.settings.host,
            self.settings.admin_port,
            {"/healthz": lambda: live(stalled_for()), "/readyz": lambda: ready(self.database)},
        )
        metrics.register_job_gauges(lambda: store.count(self.database))
        self.database.open()
        self._admin.start()
        log.info("worker_started", concurrency=self.settings.worker_concurrency)

    def close(self) -> None:
        log.info("worker_stopped")
        if self._admin is not None:
            self._admin.close()
        self.database.close()
        tracing.shutdown()


def run(settings: Settings, build: Callable[[Runtime], Loop]) -> int:
    """Run a loop until SIGTERM or Ctrl-C; the process's exit code."""
    logging.configure(settings)
    tracing.configure(settings)
    runtime = Runtime(settings)
    loop = build(runtime)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: loop.stop())
    try:
        runtime.open(loop.stalled_for)
    except OSError as error:
        log.error("admin_port_unavailable", port=settings.admin_port, error=error.strerror)
        return 1
    loop.run()
    runtime.close()
    return 0


def live(stalled_seconds: float) -> Reply:
    if stalled_seconds > STALLED_SECONDS:
        return json_reply(503, {"status": "stalled"})
    return json_reply(200, {"status": "ok"})


def ready(database: Database) -> Reply:
    try:
        database.ping(READY_SECONDS)
    except psycopg.Error:
        return json_reply(503, {"status": "unavailable", "checks": {"postgres": "unavailable"}})
    return json_reply(200, {"status": "ok", "checks": {"postgres": "ok"}})
