"""What of Celery's worker is ours: how it stops, how it reconnects and what runs beside it."""

from __future__ import annotations

import os
import signal
import time
import warnings
from typing import Any

import structlog
from celery import bootsteps
from celery.apps.worker import Worker as CeleryWorker
from celery.worker import state
from celery.worker.consumer import Consumer as CeleryConsumer

from app.jobs.deadline import alarm
from app.observability import tracing

RECONNECT_SECONDS = 2
WARNING_PAUSE = 10.0
HANGS_AFTER = 5.0

log = structlog.get_logger(__name__)


class Worker(CeleryWorker):
    """Stops in order on SIGTERM and Ctrl-C, and says so in the log's own form."""

    def install_platform_tweaks(self, worker: Any) -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop_in_order)

    def on_stopped(self) -> None:
        # What is left is to say goodbye to the broker, which may have stopped listening.
        with alarm(HANGS_AFTER, lambda: os._exit(self.exitcode or os.EX_OK)):
            super().on_stopped()

    def _stop_in_order(self, *_: object) -> None:
        self.app.claims.stop()
        state.should_stop = os.EX_OK  # type: ignore[assignment]


class Consumer(CeleryConsumer):
    """Looks for a lost broker every other second, for as long as it takes."""

    _warned_at = -WARNING_PAUSE

    def ensure_connected(self, conn: Any) -> Any:
        return conn.ensure_connection(
            self._warn,
            interval_start=RECONNECT_SECONDS,
            interval_step=0,
            interval_max=RECONNECT_SECONDS,
            callback=state.maybe_shutdown,
        )

    def on_connection_error_after_connected(self, exc: Exception) -> None:
        with warnings.catch_warnings():
            # Of a setting that is as we want it: what runs goes on when the broker is lost.
            warnings.simplefilter("ignore")
            super().on_connection_error_after_connected(exc)

    def _warn(self, error: Exception, _interval: float) -> None:
        now = time.monotonic()
        if now - self._warned_at >= WARNING_PAUSE:
            self._warned_at = now
            log.warning("broker_unavailable", error=type(error).__name__)


class Around(bootsteps.StartStopStep):
    """Relay, probes and metrics; they start before the first message and outlive the last job."""

    requires = ("celery.worker.components:Pool",)

    def start(self, worker: Any) -> None:
        app = worker.app
        settings = app.runtime.settings
        tracing.configure(settings)
        try:
            app.runtime.open(app.relay.stalled_for)
        except OSError as error:
            log.error("admin_port_unavailable", port=settings.admin_port, error=error.strerror)
            raise SystemExit(1) from None
        app.relay.start()

    def stop(self, worker: Any) -> None:
        app = worker.app
        app.relay.stop()
        app.claims.finish()
        app.runtime.close()

    def terminate(self, worker: Any) -> None:
        self.stop(worker)


class Reconnected(bootsteps.StartStopStep):
    """After every connect to the broker, the first one too: it may have come back empty."""

    requires = ("celery.worker.consumer.tasks:Tasks",)

    def start(self, consumer: Any) -> None:
        consumer.app.relay.broker_lost()

    def stop(self, consumer: Any) -> None:
        """There is nothing to stop."""
