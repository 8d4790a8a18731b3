"""`python -m app.jobs.retry ID`: queue a dead job again.

Exit code 0 if it is queued; 1 if it cannot be, 2 for wrong usage.
"""

from __future__ import annotations

import sys

import psycopg
import structlog

from app.config import Settings, load_settings_or_exit
from app.ids import parse_uuid
from app.jobs import store
from app.jobs.database import Database
from app.observability.logging import configure

log = structlog.get_logger(__name__)


def retry(database: Database, text: str) -> str | None:
    """Why the job that `text` names cannot be queued again, or None: it has been."""
    job_id = parse_uuid(text)
    if job_id is None:
        return "not the id of a job"
    try:
        revived = store.revive(database, job_id)
    except psycopg.errors.UniqueViolation:
        return "a job with the same dedupe key is queued or running"
    except psycopg.Error as error:
        return f"the database is unavailable: {type(error).__name__}"
    return None if revived else "no dead job has this id"


def main(settings: Settings, arguments: list[str]) -> int:
    configure(settings)
    if len(arguments) != 1 or not arguments[0]:
        log.error("job_not_queued", reason="give the id of one dead job: make jobs-retry ID=…")
        return 2
    database = Database(settings)
    database.open()
    reason = retry(database, arguments[0])
    database.close()
    if reason is not None:
        log.error("job_not_queued", job_id=arguments[0], reason=reason)
        return 1
    log.info("job_queued", job_id=arguments[0])
    return 0


if __name__ == "__main__":
    sys.exit(main(load_settings_or_exit(), sys.argv[1:]))
