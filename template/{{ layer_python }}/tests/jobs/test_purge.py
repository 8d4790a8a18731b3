from __future__ import annotations

from uuid import UUID

from app.jobs.database import Database
from app.jobs.deadline import Deadline
from app.jobs.purge import purge
from tests.worker import Connection

JOBS = """
INSERT INTO jobs (id, type, status, max_attempts, finished_at) VALUES
  (gen_random_uuid(), 'old', 'succeeded', 1, now() - interval '2 hours'),
  (gen_random_uuid(), 'recent', 'succeeded', 1, now()),
  (gen_random_uuid(), 'failed', 'dead', 1, now() - interval '2 hours'),
  (gen_random_uuid(), 'waiting', 'queued', 1, NULL)
"""

TOKENS = """
INSERT INTO email_tokens (token_hash, user_id, purpose, expires_at) VALUES
  ('\\x01', %(user)s, 'verify_email', now() - interval '1 second'),
  ('\\x02', %(user)s, 'verify_email', now() + interval '1 hour')
"""


def test_only_what_nobody_needs_is_deleted(
    database: Database, db: Connection, user_id: UUID
) -> None:
    db.execute(JOBS)
    db.execute(TOKENS, {"user": user_id})

    deleted = purge(database, retention=3600, deadline=Deadline(10))

    assert deleted["jobs"] == deleted["email_tokens"] == 1
    left = db.execute("SELECT type FROM jobs ORDER BY type").fetchall()
    assert [row["type"] for row in left] == ["failed", "recent", "waiting"]
    assert db.execute("SELECT token_hash FROM email_tokens").fetchall() == [{"token_hash": b"\x02"}]
