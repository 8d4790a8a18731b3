"""`python -m app.worker`: runs background jobs until it is told to stop."""

from __future__ import annotations

import signal
import sys

import psycopg
import structlog

from app.admin import AdminServer, Reply, json_reply
from app.config import Settings, load_settings_or_exit
from app.jobs import store
from app.jobs.database import Database
from app.jobs.handlers import HANDLERS
from app.jobs.runner import Runner
from app.jobs.schedule import Scheduler
from app.jobs.transport import Poller
from app.observability import logging, metrics, tracing

STALLED_SECONDS = 60.0
READY_SECONDS = 2.0

log = structlog.get_logger(__name__)


def build(settings: Settings, database: Database) -> Poller:
    """The worker's parts, put together; nothing runs yet."""
    runner = Runner(database, settings, HANDLERS)
    return Poller(database, runner, settings, turn=Scheduler(database, settings).turn)


def main(settings: Settings) -> int:
    logging.configure(settings)
    tracing.configure(settings)
    database = Database(settings)
    poller = build(settings, database)
    try:
        admin = AdminServer(
            settings.host,
            settings.admin_port,
            {"/healthz": lambda: live(poller), "/readyz": lambda: ready(database)},
        )
    except OSError as error:
        log.error("admin_port_unavailable", port=settings.admin_port, error=error.strerror)
        return 1
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: poller.stop())
    metrics.register_job_gauges(lambda: store.count(database))
    database.open()
    admin.start()
    log.info("worker_started", concurrency=settings.worker_concurrency)
    poller.run()
    log.info("worker_stopped")
    admin.close()
    database.close()
    tracing.shutdown()
    return 0


def live(poller: Poller) -> Reply:
    if poller.stalled_for() > STALLED_SECONDS:
        return json_reply(503, {"status": "stalled"})
    return json_reply(200, {"status": "ok"})


def ready(database: Database) -> Reply:
    try:
        database.ping(READY_SECONDS)
    except psycopg.Error:
        return json_reply(503, {"status": "unavailable", "checks": {"postgres": "unavailable"}})
    return json_reply(200, {"status": "ok", "checks": {"postgres": "ok"}})


if __name__ == "__main__":
    sys.exit(main(load_settings_or_exit()))
