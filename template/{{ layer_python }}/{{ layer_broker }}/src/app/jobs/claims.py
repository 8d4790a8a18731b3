"""From a message to a run: claims the job that the message names, if it is still to be had."""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from uuid import UUID, uuid4

import psycopg

from app.jobs.runtime import Runtime
from app.jobs.store import ClaimedJob

PAUSE_WITHOUT_DATABASE = 0.5

# A lease that has ended is claimed like a queued job: its worker is gone.
CLAIM = """
UPDATE jobs SET status = 'running', attempts = attempts + 1, locked_by = %(worker)s,
                locked_until = now() + make_interval(secs => %(lease)s)
 WHERE id = (SELECT id FROM jobs
              WHERE id = %(id)s
                AND ((status = 'queued' AND run_at <= now())
                  OR (status = 'running' AND locked_until < now()))
                FOR UPDATE SKIP LOCKED)
RETURNING *
"""


class Stopping(Exception):
    """The worker takes no more jobs: the message is somebody else's."""


class _Run:
    """A claimed job and the event that lets its caller go on."""

    def __init__(self, job: ClaimedJob) -> None:
        self.job = job
        self.over = threading.Event()


class Claims:
    """Runs the jobs that messages name, and gives back at the end what does not end in time."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._worker = f"{runtime.settings.service_name}-{uuid4().hex}"
        self._running: set[_Run] = set()
        self._claiming = 0
        self._changed = threading.Condition()
        self._ends_at: float | None = None
        self._finished = threading.Event()

    def stop(self) -> None:
        """Claim nothing more. Signal-safe."""
        if self._ends_at is None:
            self._ends_at = time.monotonic() + self._runtime.settings.shutdown_timeout

    def run(self, job_id: UUID) -> None:
        """Returns when the job is settled or given back, or when it is not to be had.

        The latter makes the message a duplicate, to be forgotten. Raises Stopping, once nothing
        runs any more, if the job was not claimed because the worker is about to end.
        """
        run = self._claim(job_id)
        if run is None:
            return
        # The job has a thread of its own that can be left behind; the caller's cannot.
        thread = threading.Thread(
            target=self._run, args=(run,), daemon=True, name=f"job-{run.job.id}"
        )
        thread.start()
        run.over.wait()

    def finish(self) -> None:
        """Let the running jobs end if they do so in time, and give back those that do not."""
        self.stop()
        with self._changed:
            while (self._running or self._claiming) and (left := self._time_left()) > 0:
                self._changed.wait(left)
        self._runtime.runner.close()
        for run in list(self._running):
            # Without a database there is no giving back: the lease does it.
            with suppress(psycopg.Error):
                self._runtime.runner.give_back(run.job)
            run.over.set()
        self._finished.set()

    def _claim(self, job_id: UUID) -> _Run | None:
        while self._begin_claim():
            try:
                return self._claim_once(job_id)
            except psycopg.OperationalError:
                pass
            finally:
                self._end_claim()
            # Whatever is announced meanwhile would meet the same fate.
            self._finished.wait(PAUSE_WITHOUT_DATABASE)
        self._finished.wait()
        raise Stopping

    def _claim_once(self, job_id: UUID) -> _Run | None:
        lease = self._runtime.settings.job_lease
        row = self._runtime.database.one(
            CLAIM, {"id": job_id, "worker": self._worker, "lease": lease}
        )
        if row is None:
            return None
        run = _Run(ClaimedJob.from_row(row))
        self._running.add(run)
        return run

    def _begin_claim(self) -> bool:
        """Whether the worker still takes jobs; if so, its end waits for what comes of it."""
        with self._changed:
            if self._ends_at is not None:
                return False
            self._claiming += 1
            return True

    def _end_claim(self) -> None:
        with self._changed:
            self._claiming -= 1
            self._changed.notify_all()

    def _run(self, run: _Run) -> None:
        try:
            self._runtime.runner.run(run.job)
        finally:
            run.over.set()
            with self._changed:
                self._running.discard(run)
                self._changed.notify_all()

    def _time_left(self) -> float:
        assert self._ends_at is not None, "asked only once the worker stops"
        return self._ends_at - time.monotonic()
