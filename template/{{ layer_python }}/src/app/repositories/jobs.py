"""Jobs as requests see them: written in the transaction that causes them, and looked up."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import structlog
from psycopg.types.json import Jsonb

from app.ids import uuid7
from app.models import Job
from app.observability.tracing import current_traceparent
from app.statements import Rows

COLUMNS = "id, type, status, attempts, created_at, finished_at, result"


def add(
    job_type: str, user_id: UUID | None, dedupe_key: str | None, max_attempts: int
) -> Rows[Job]:
    """The new job, or none if one with the same `dedupe_key` is queued or running.

    It knows the request that it is written in: its logs and its trace go on where that one's end.
    """
    text = f"""
        INSERT INTO jobs (id, type, payload, user_id, dedupe_key, max_attempts, traceparent)
        VALUES (%s, %s, %s, %s, %s, %s, %s)
        ON CONFLICT (dedupe_key) WHERE status IN ('queued', 'running') DO NOTHING
        RETURNING {COLUMNS}
    """
    payload: dict[str, Any] = {}
    if request_id := structlog.contextvars.get_contextvars().get("request_id"):
        payload["request_id"] = request_id
    trace = current_traceparent()
    params = (uuid7(), job_type, Jsonb(payload), user_id, dedupe_key, max_attempts, trace)
    return Rows(Job, text, params)


def get_active(dedupe_key: str) -> Rows[Job]:
    text = f"""
        SELECT {COLUMNS} FROM jobs WHERE dedupe_key = %s AND status IN ('queued', 'running')
    """
    return Rows(Job, text, (dedupe_key,))


def get_of(job_id: UUID, user_id: UUID) -> Rows[Job]:
    return Rows(
        Job, f"SELECT {COLUMNS} FROM jobs WHERE id = %s AND user_id = %s", (job_id, user_id)
    )
