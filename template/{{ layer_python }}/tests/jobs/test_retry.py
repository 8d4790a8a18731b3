from __future__ import annotations

from app.jobs.database import Database
from app.jobs.retry import retry
from tests.worker import AddJob, Connection

KILL = "UPDATE jobs SET status = 'dead', attempts = 3, finished_at = now() WHERE id = %s"


def test_a_dead_job_is_queued_again_with_all_its_attempts(
    database: Database, add_job: AddJob, db: Connection
) -> None:
    job_id = add_job("any")
    db.execute(KILL, (job_id,))

    assert retry(database, str(job_id)) is None

    row = db.execute("SELECT status, attempts, finished_at FROM jobs").fetchone()
    assert row == {"status": "queued", "attempts": 0, "finished_at": None}


def test_what_is_not_dead_or_not_there_is_refused(database: Database, add_job: AddJob) -> None:
    assert retry(database, str(add_job("any"))) == "no dead job has this id"
    assert retry(database, "1") == "not the id of a job"


def test_a_job_with_an_active_twin_stays_dead(
    database: Database, add_job: AddJob, db: Connection
) -> None:
    job_id = add_job("any", dedupe_key="twin")
    db.execute(KILL, (job_id,))
    add_job("any", dedupe_key="twin")

    assert retry(database, str(job_id)) == "a job with the same dedupe key is queued or running"
