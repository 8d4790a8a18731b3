"""From the table to the broker: announces the ids of jobs that are due.

The row is the job; a message only says "look at this one". So a message may be lost, late or
double, and the broker may come back empty: whatever is still due is announced again.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from uuid import UUID

import psycopg
import structlog

from app.config import Settings
from app.jobs.announcements import Announcements
from app.jobs.leader import Leader

TURN_SECONDS = 0.3
WARNING_PAUSE = 10.0
BATCH = 500

# A lease that has ended is due like a queued job: its worker is gone.
DUE = """
SELECT id, attempts FROM jobs
 WHERE (status = 'queued' AND run_at <= now()) OR (status = 'running' AND locked_until < now())
 ORDER BY run_at LIMIT %s
"""

log = structlog.get_logger(__name__)


class BrokerUnavailable(Exception):
    """The broker has not confirmed what it was given."""


# Returns once the broker has confirmed every id, or raises BrokerUnavailable in bounded time.
Publish = Callable[[Sequence[UUID]], None]


class Relay:
    """A thread that announces due jobs while it is the only one of all workers to do so."""

    def __init__(self, settings: Settings, publish: Publish, turn: Callable[[], None]) -> None:
        """`turn` is called every time the loop turns, in every worker."""
        self._leader = Leader(settings)
        self._publish = publish
        self._turn = turn
        self._announced = Announcements()
        self._broker_lost = threading.Event()
        self._stopping = threading.Event()
        self._turned_at = time.monotonic()
        self._warned_at = -WARNING_PAUSE
        self._thread = threading.Thread(target=self._run, daemon=True, name="relay")

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Announce nothing more, and let another worker do it."""
        self._stopping.set()
        self._thread.join(TURN_SECONDS * 2)
        self._leader.resign()

    def stalled_for(self) -> float:
        """Seconds since the loop last turned."""
        return time.monotonic() - self._turned_at

    def broker_lost(self) -> None:
        """What was announced may be gone: announce everything that is due again, at once."""
        self._broker_lost.set()

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._turned_at = time.monotonic()
            try:
                self._turn()
                self._announce()
            except psycopg.Error as error:
                self._warn("database_unavailable", error)
            except BrokerUnavailable as error:
                self.broker_lost()
                self._warn("broker_unavailable", error)
            except Exception:
                # Without this thread no job would ever be announced again.
                log.exception("relay_failed")
            self._stopping.wait(TURN_SECONDS)

    def _announce(self) -> None:
        due = self._leader.query(DUE, (BATCH,))
        if due is None:
            self._announced.clear()
            return
        if self._broker_lost.is_set():
            self._broker_lost.clear()
            self._announced.clear()
        fresh = self._announced.select((row["id"], row["attempts"]) for row in due)
        if fresh:
            self._publish([job_id for job_id, _ in fresh])
            self._announced.note(fresh)

    def _warn(self, message: str, error: Exception) -> None:
        now = time.monotonic()
        if now - self._warned_at >= WARNING_PAUSE:
            self._warned_at = now
            log.warning(message, error=_name(error))


def _name(error: Exception) -> str:
    return type(error.__cause__ or error).__name__
