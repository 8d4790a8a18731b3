"""The life of a job's row once a worker has claimed it.

`queued` → `running` → `succeeded`; or back to `queued` for a later try; or `dead` after the last.
Every write names the claim it belongs to, so that a worker that has lost its claim changes
nothing: each function returns whether the claim still held.
"""

from __future__ import annotations

from typing import Any, NamedTuple
from uuid import UUID

from psycopg.rows import DictRow
from psycopg.types.json import Jsonb

from app.ids import uuid7
from app.jobs.database import Database
from app.observability.metrics import JobCounts

MAX_ERROR_LENGTH = 500

OWN_CLAIM = (
    "id = %(id)s AND locked_by = %(locked_by)s AND attempts = %(attempts)s AND status = 'running'"
)

SUCCEED = f"""
UPDATE jobs SET status = 'succeeded', result = %(result)s, last_error = NULL,
                finished_at = now(), locked_until = NULL
 WHERE {OWN_CLAIM} RETURNING id
"""

RETRY_LATER = f"""
UPDATE jobs SET status = 'queued', run_at = now() + make_interval(secs => %(delay)s),
                last_error = %(error)s, locked_until = NULL, locked_by = NULL
 WHERE {OWN_CLAIM} RETURNING id
"""

BURY = f"""
UPDATE jobs SET status = 'dead', last_error = %(error)s, finished_at = now(), locked_until = NULL
 WHERE {OWN_CLAIM} RETURNING id
"""

GIVE_BACK = f"""
UPDATE jobs SET status = 'queued', attempts = attempts - 1, run_at = now(),
                locked_until = NULL, locked_by = NULL
 WHERE {OWN_CLAIM} RETURNING id
"""

ENQUEUE = """
INSERT INTO jobs (id, type, max_attempts, traceparent)
VALUES (%(id)s, %(type)s, %(max_attempts)s, %(traceparent)s)
"""

REVIVE = """
UPDATE jobs SET status = 'queued', attempts = 0, run_at = now(), finished_at = NULL,
                locked_until = NULL, locked_by = NULL
 WHERE id = %s AND status = 'dead' RETURNING id
"""

COUNT = """
SELECT count(*) FILTER (WHERE status <> 'dead') AS pending,
       count(*) FILTER (WHERE status = 'dead') AS dead,
       coalesce(extract(epoch FROM now() - min(run_at)
                FILTER (WHERE status = 'queued' AND run_at <= now())), 0)::float8 AS age
  FROM jobs WHERE status IN ('queued', 'running', 'dead')
"""


class ClaimedJob(NamedTuple):
    """A job that this process has claimed; `locked_by` and `attempts` are its proof."""

    id: UUID
    type: str
    payload: Any
    user_id: UUID | None
    attempts: int
    max_attempts: int
    locked_by: str
    traceparent: str | None

    @classmethod
    def from_row(cls, row: DictRow) -> ClaimedJob:
        return cls(**{field: row[field] for field in cls._fields})

    @property
    def request_id(self) -> str | None:
        """The request that enqueued the job, if its payload says so."""
        known = self.payload.get("request_id") if isinstance(self.payload, dict) else None
        return known if isinstance(known, str) else None

    @property
    def claim(self) -> dict[str, Any]:
        return {"id": self.id, "locked_by": self.locked_by, "attempts": self.attempts}


def succeed(database: Database, job: ClaimedJob, result: dict[str, Any] | None) -> bool:
    stored = None if result is None else Jsonb(result)
    return database.one(SUCCEED, {**job.claim, "result": stored}) is not None


def retry_later(database: Database, job: ClaimedJob, error: str, delay: float) -> bool:
    """`delay` is in seconds."""
    parameters = {**job.claim, "error": _storable(error), "delay": delay}
    return database.one(RETRY_LATER, parameters) is not None


def bury(database: Database, job: ClaimedJob, error: str) -> bool:
    return database.one(BURY, {**job.claim, "error": _storable(error)}) is not None


def give_back(database: Database, job: ClaimedJob) -> bool:
    """Undo the claim: the attempt does not count."""
    return database.one(GIVE_BACK, job.claim) is not None


def revive(database: Database, job_id: UUID) -> bool:
    """Queue a dead job again; False if there is no dead job with this id.

    Raises psycopg.errors.UniqueViolation while a job with the same dedupe key is active.
    """
    return database.one(REVIVE, (job_id,)) is not None


def count(database: Database) -> JobCounts:
    row = database.one(COUNT)
    assert row is not None, "an aggregate always has a row"
    return JobCounts(row["pending"], row["dead"], row["age"])


def new_job(job_type: str, max_attempts: int, traceparent: str | None) -> dict[str, Any]:
    """Parameters of `ENQUEUE`."""
    return {
        "id": uuid7(),
        "type": job_type,
        "max_attempts": max_attempts,
        "traceparent": traceparent,
    }


def _storable(error: str) -> str:
    return error.replace("\0", "")[:MAX_ERROR_LENGTH]
