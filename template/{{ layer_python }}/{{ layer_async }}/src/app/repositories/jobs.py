"""Jobs as requests see them: written in the transaction that causes them, and looked up."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from app.db import Connection, fetch_one
from app.models import Job

COLUMNS = "id, type, status, attempts, created_at, finished_at, result"


async def add(
    conn: Connection,
    job_id: UUID,
    job_type: str,
    *,
    payload: Mapping[str, Any],
    user_id: UUID | None,
    dedupe_key: str | None,
    max_attempts: int,
    traceparent: str | None,
) -> Job | None:
    """The new job, or None if one with the same `dedupe_key` is queued or running."""
    query = f"""
        INSERT INTO jobs (id, type, payload, user_id, dedupe_key, max_attempts, traceparent)
        VALUES (%s, %s, %s, %s, %s, %s, %s)
        ON CONFLICT (dedupe_key) WHERE status IN ('queued', 'running') DO NOTHING
        RETURNING {COLUMNS}
    """
    params = (job_id, job_type, Jsonb(payload), user_id, dedupe_key, max_attempts, traceparent)
    return await fetch_one(conn, Job, query, params)


async def get_active(conn: Connection, dedupe_key: str) -> Job | None:
    query = f"""
        SELECT {COLUMNS} FROM jobs WHERE dedupe_key = %s AND status IN ('queued', 'running')
    """
    return await fetch_one(conn, Job, query, (dedupe_key,))


async def get_of(conn: Connection, job_id: UUID, user_id: UUID) -> Job | None:
    query = f"SELECT {COLUMNS} FROM jobs WHERE id = %s AND user_id = %s"
    return await fetch_one(conn, Job, query, (job_id, user_id))
