"""Jobs that time itself enqueues."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import NamedTuple

import structlog

from app.config import Settings
from app.jobs import store, types
from app.jobs.database import Database

log = structlog.get_logger(__name__)

KNOW = """
INSERT INTO schedules (name, last_tick) VALUES (%s, '-infinity') ON CONFLICT (name) DO NOTHING
"""

# However many workers ask, one of them moves the schedule on and enqueues the tick's job.
MOVE_ON = """
UPDATE schedules SET last_tick = %(tick)s WHERE name = %(name)s AND last_tick < %(tick)s
RETURNING name
"""


class Schedule(NamedTuple):
    job_type: str
    interval: int  # seconds


def schedules(settings: Settings) -> tuple[Schedule, ...]:
    return (Schedule(types.PURGE_EXPIRED, settings.purge_interval),)


class Scheduler:
    """Enqueues each schedule's job once for each tick, and once for all ticks that were missed.

    Ticks are multiples of the interval since the epoch: the same moments in every worker.
    """

    def __init__(self, database: Database, settings: Settings) -> None:
        self._database = database
        self._max_attempts = settings.job_max_attempts
        self._schedules = schedules(settings)
        self._seen: dict[str, int] = {}

    def turn(self) -> None:
        """Enqueue what is due. Cheap between ticks: the database is asked once for each."""
        for schedule in self._schedules:
            if self._seen.get(schedule.job_type) != current_tick(schedule):
                self._seen[schedule.job_type] = self._enqueue_once(schedule)

    def _enqueue_once(self, schedule: Schedule) -> int:
        """The tick whose job is enqueued now, by whomever."""
        job_type = schedule.job_type
        job = store.new_job(job_type, self._max_attempts, traceparent=None)
        with self._database.transaction() as connection:
            # Only now: while the connection was on its way one tick may have followed another.
            tick = current_tick(schedule)
            moment = datetime.fromtimestamp(tick, UTC)
            connection.execute(KNOW, (job_type,))
            moved = connection.execute(MOVE_ON, {"name": job_type, "tick": moment}).fetchone()
            if moved is None:
                return tick
            connection.execute(store.ENQUEUE, job)
        log.info("job_scheduled", job_type=job_type, job_id=str(job["id"]), tick=moment.isoformat())
        return tick


def current_tick(schedule: Schedule) -> int:
    """The last moment that is a multiple of the interval, in seconds since the epoch."""
    now = int(time.time())
    return now - now % schedule.interval
