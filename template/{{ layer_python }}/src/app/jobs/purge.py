"""Deleting what nobody needs any more, a bounded number of rows at a time."""

from __future__ import annotations

from psycopg import sql

from app.jobs.database import Database
from app.jobs.deadline import Deadline
from app.jobs.expiring import EXPIRING_TABLES

BATCH = 5_000

EXPIRED = sql.SQL("""
WITH gone AS (
  DELETE FROM {table} WHERE ctid = ANY (ARRAY(
    SELECT ctid FROM {table} WHERE expires_at < now() LIMIT %(batch)s FOR UPDATE SKIP LOCKED))
  RETURNING 1)
SELECT count(*) AS deleted FROM gone
""")

# Dead jobs stay until somebody has looked at them.
FINISHED_JOBS = sql.SQL("""
WITH gone AS (
  DELETE FROM jobs WHERE ctid = ANY (ARRAY(
    SELECT ctid FROM jobs
     WHERE finished_at < now() - make_interval(secs => %(retention)s) AND status = 'succeeded'
     LIMIT %(batch)s FOR UPDATE SKIP LOCKED))
  RETURNING 1)
SELECT count(*) AS deleted FROM gone
""")


def purge(database: Database, retention: int, deadline: Deadline) -> dict[str, int]:
    """Rows deleted by table; `retention` of finished jobs is in seconds."""
    statements: dict[str, sql.Composable] = {
        table: EXPIRED.format(table=sql.Identifier(table)) for table in EXPIRING_TABLES
    }
    statements["jobs"] = FINISHED_JOBS
    return {
        table: _delete_all(database, statement, retention, deadline)
        for table, statement in statements.items()
    }


def _delete_all(
    database: Database, statement: sql.Composable, retention: int, deadline: Deadline
) -> int:
    total = 0
    while deadline.remaining():
        row = database.one(statement, {"retention": retention, "batch": BATCH})
        deleted = row["deleted"] if row else 0
        total += deleted
        if deleted < BATCH:
            break
    return total
