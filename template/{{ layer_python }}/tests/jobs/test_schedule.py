from __future__ import annotations

from app.config import Settings
from app.jobs.database import Database
from app.jobs.schedule import Scheduler
from tests.worker import Connection


def test_a_tick_is_enqueued_once_however_many_workers_ask(
    settings: Settings, database: Database, db: Connection
) -> None:
    for scheduler in (Scheduler(database, settings), Scheduler(database, settings)):
        scheduler.turn()
        scheduler.turn()

    assert len(db.execute("SELECT id FROM jobs").fetchall()) == 1


def test_ticks_that_were_missed_are_made_up_for_by_one(
    settings: Settings, database: Database, db: Connection
) -> None:
    db.execute("INSERT INTO schedules VALUES ('purge_expired', now() - interval '5 days')")

    Scheduler(database, settings).turn()

    assert len(db.execute("SELECT id FROM jobs").fetchall()) == 1
