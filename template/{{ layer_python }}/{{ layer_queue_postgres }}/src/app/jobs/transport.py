"""How jobs reach this process: it polls the table and claims one row at a time."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from queue import Empty, SimpleQueue
from uuid import UUID, uuid4

import psycopg
import structlog

from app.config import Settings
from app.jobs.database import Database
from app.jobs.runner import Runner
from app.jobs.store import ClaimedJob

POLL_SECONDS = 0.5
WARNING_PAUSE = 10.0

# A lease that has ended is claimed like a queued job: its worker is gone.
CLAIM = """
UPDATE jobs SET status = 'running', attempts = attempts + 1, locked_by = %(worker)s,
                locked_until = now() + make_interval(secs => %(lease)s)
 WHERE id = (SELECT id FROM jobs
              WHERE (status = 'queued' AND run_at <= now())
                 OR (status = 'running' AND locked_until < now())
              ORDER BY run_at FOR UPDATE SKIP LOCKED LIMIT 1)
RETURNING *
"""

log = structlog.get_logger(__name__)


class Poller:
    """Claims jobs while it has hands free, and gives each a thread until it is settled."""

    def __init__(
        self, database: Database, runner: Runner, settings: Settings, turn: Callable[[], None]
    ) -> None:
        """`turn` is called every time the loop turns, before it claims."""
        self._database = database
        self._runner = runner
        self._settings = settings
        self._turn = turn
        self._worker = f"{settings.service_name}-{uuid4().hex}"
        self._running: dict[UUID, ClaimedJob] = {}
        self._stopping = False
        # Its `put` may be called from a signal handler, which no lock or event allows.
        self._wake: SimpleQueue[None] = SimpleQueue()
        self._turned_at = time.monotonic()
        self._warned_at = -WARNING_PAUSE

    def stop(self) -> None:
        """Claim nothing more; `run` returns when the running jobs have ended. Signal-safe."""
        self._stopping = True
        self._wake.put(None)

    def stalled_for(self) -> float:
        """Seconds since the loop last turned."""
        return time.monotonic() - self._turned_at

    def run(self) -> None:
        while not self._stopping:
            self._turned_at = time.monotonic()
            try:
                self._turn()
                claimed = self._claim_next()
            except psycopg.Error as error:
                self._warn(error)
                claimed = False
            if not claimed:
                self._rest(POLL_SECONDS)
        self._finish()

    def _claim_next(self) -> bool:
        if len(self._running) >= self._settings.worker_concurrency:
            return False
        parameters = {"worker": self._worker, "lease": self._settings.job_lease}
        row = self._database.one(CLAIM, parameters)
        if row is None:
            return False
        job = ClaimedJob.from_row(row)
        self._running[job.id] = job
        threading.Thread(target=self._run, args=(job,), daemon=True, name=f"job-{job.id}").start()
        return True

    def _run(self, job: ClaimedJob) -> None:
        try:
            self._runner.run(job)
        finally:
            self._running.pop(job.id, None)
            self._wake.put(None)

    def _finish(self) -> None:
        """Let the running jobs end if they do so in time, and give back those that do not."""
        ends_at = time.monotonic() + self._settings.shutdown_timeout
        while self._running and (left := ends_at - time.monotonic()) > 0:
            self._rest(min(left, POLL_SECONDS))
        self._runner.close()
        for job in list(self._running.values()):
            # Without a database there is no giving back: the lease does it.
            with suppress(psycopg.Error):
                self._runner.give_back(job)

    def _rest(self, seconds: float) -> None:
        with suppress(Empty):
            self._wake.get(timeout=seconds)

    def _warn(self, error: psycopg.Error) -> None:
        now = time.monotonic()
        if now - self._warned_at >= WARNING_PAUSE:
            self._warned_at = now
            log.warning("database_unavailable", error=type(error).__name__)
