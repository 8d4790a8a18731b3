"""One run of a claimed job, from its handler to the row that says how it ended."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextvars import copy_context

import psycopg
import structlog

from app.config import Settings
from app.jobs import store
from app.jobs.backoff import retry_delay
from app.jobs.database import Database
from app.jobs.deadline import Deadline, alarm
from app.jobs.registry import HopelessJob, Registry, Resources
from app.jobs.store import ClaimedJob
from app.observability.metrics import JOB_DURATION, JOBS_PROCESSED
from app.observability.tracing import consumer_span

SETTLE_PAUSE = 0.5

log = structlog.get_logger(__name__)


class JobFailed(Exception):
    """Marks the span of a run that failed; the failure is settled and logged by then."""


class Runner:
    """Runs jobs in the caller's thread and settles each, whatever its handler does."""

    def __init__(self, database: Database, settings: Settings, handlers: Registry) -> None:
        self._database = database
        self._settings = settings
        self._handlers = handlers
        self._closed = threading.Event()

    def run(self, job: ClaimedJob) -> None:
        """Returns once the job's row says how the run ended. Never raises."""
        with structlog.contextvars.bound_contextvars(**_log_context(job)):
            try:
                with consumer_span(job.traceparent, job.type, str(job.id)):
                    self._run_in_time(job)
            except JobFailed:
                pass
            except Exception:
                log.exception("job_not_settled")

    def give_back(self, job: ClaimedJob) -> None:
        """Put an unfinished job back at once; what its thread still says is ignored."""
        if store.give_back(self._database, job):
            with structlog.contextvars.bound_contextvars(**_log_context(job)):
                log.warning("job_given_back")

    def close(self) -> None:
        """Stop waiting for a database that is away: the process is about to end."""
        self._closed.set()

    def _run_in_time(self, job: ClaimedJob) -> None:
        timeout, lease = self._settings.job_timeout, self._settings.job_lease
        overdue = copy_context().run

        def give_up() -> None:
            overdue(self._fail, job, TimeoutError(f"no result after {timeout:g} seconds"))

        # After the handler should have given up by itself, and before the lease ends.
        with alarm((timeout + lease) / 2, give_up):
            self._attempt(job, Deadline(timeout))

    def _attempt(self, job: ClaimedJob, deadline: Deadline) -> None:
        if job.attempts > job.max_attempts:
            # Every worker that tried has died of it, or has lost its lease.
            self._bury(job, "the last attempt never ended")
            raise JobFailed
        started = time.monotonic()
        try:
            result = self._handle(job, deadline)
        except Exception as error:
            self._fail(job, error)
            raise JobFailed from None
        finally:
            JOB_DURATION.labels(self._label(job)).observe(time.monotonic() - started)
        if self._settle(lambda: store.succeed(self._database, job, result)):
            self._count(job, "succeeded")
            log.info("job_succeeded", duration_ms=round((time.monotonic() - started) * 1000, 1))

    def _handle(self, job: ClaimedJob, deadline: Deadline) -> dict[str, object] | None:
        handler = self._handlers.get(job.type)
        if handler is None:
            # Tried again like any other: a newer release may already know this type.
            raise LookupError("no handler for this type of job")
        if not isinstance(job.payload, dict):
            raise HopelessJob("the payload is not an object")
        return handler(job, Resources(self._settings, self._database), deadline)

    def _fail(self, job: ClaimedJob, error: Exception) -> None:
        reason = f"{type(error).__name__}: {error}"
        if job.attempts >= job.max_attempts or isinstance(error, HopelessJob):
            self._bury(job, reason)
            return
        delay = retry_delay(
            job.attempts, self._settings.job_backoff_base, self._settings.job_backoff_max
        )
        if self._settle(lambda: store.retry_later(self._database, job, reason, delay)):
            self._count(job, "retried")
            log.warning("job_retried", error=reason, delay_s=round(delay, 3))

    def _bury(self, job: ClaimedJob, reason: str) -> None:
        if self._settle(lambda: store.bury(self._database, job, reason)):
            self._count(job, "dead")
            log.error("job_dead", error=reason)

    def _settle(self, write: Callable[[], bool]) -> bool:
        """Write how the run ended, however long the database stays away.

        False if the claim was lost meanwhile, or if the process ends first: the lease then
        decides who runs the job next.
        """
        while not self._closed.is_set():
            try:
                settled = write()
            except psycopg.OperationalError:
                self._closed.wait(SETTLE_PAUSE)
                continue
            if not settled:
                log.warning("job_claim_lost")
            return settled
        return False

    def _count(self, job: ClaimedJob, outcome: str) -> None:
        JOBS_PROCESSED.labels(self._label(job), outcome).inc()

    def _label(self, job: ClaimedJob) -> str:
        # Whatever may be in the table, the number of series stays that of the handlers.
        return job.type if job.type in self._handlers else "unknown"


def _log_context(job: ClaimedJob) -> dict[str, object]:
    context: dict[str, object] = {
        "job_id": str(job.id),
        "job_type": job.type,
        "attempt": job.attempts,
    }
    if job.request_id is not None:
        context["request_id"] = job.request_id
    return context
