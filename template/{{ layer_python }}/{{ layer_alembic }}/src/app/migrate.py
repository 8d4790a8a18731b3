"""`python -m app.migrate`: bring the database's schema to the newest version."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import structlog
from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import create_engine
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool

from app.config import Settings, load_settings_or_exit
from app.observability.logging import configure

log = structlog.get_logger(__name__)

ALEMBIC_INI = Path(__file__).resolve().parents[2] / "alembic.ini"
LOCK_ID = 7_361_720_125
CONNECT_TIMEOUT = 5
LOCK_RETRY_SECONDS = 0.2


def migrate(database_url: str, application_name: str = "migrate", to: str = "heads") -> None:
    """Run every migration up to `to` that the database has not seen.

    Waits for another run to end.
    """

    def connect() -> psycopg.Connection:
        return psycopg.connect(
            database_url, connect_timeout=CONNECT_TIMEOUT, application_name=application_name
        )

    engine = create_engine("postgresql+psycopg://", creator=connect, poolclass=NullPool)
    with _one_at_a_time(connect()), engine.connect() as connection:
        config = Config(ALEMBIC_INI)
        config.attributes["connection"] = connection
        command.upgrade(config, to)


@contextmanager
def _one_at_a_time(guard: psycopg.Connection) -> Iterator[None]:
    # Asked for again and again instead of waited for: a session that waits inside a statement
    # holds a snapshot, and CREATE INDEX CONCURRENTLY in the other run would wait for that.
    with guard:
        guard.autocommit = True
        while not _try_lock(guard):
            time.sleep(LOCK_RETRY_SECONDS)
        yield


def _try_lock(guard: psycopg.Connection) -> bool:
    row = guard.execute("SELECT pg_try_advisory_lock(%s)", (LOCK_ID,)).fetchone()
    return bool(row and row[0])


def main(settings: Settings) -> int:
    configure(settings)
    try:
        migrate(settings.database_url, settings.service_name)
    except (psycopg.Error, SQLAlchemyError, CommandError) as error:
        log.error("migration_failed", error=str(getattr(error, "orig", error)).strip())
        return 1
    log.info("migrations_done")
    return 0


if __name__ == "__main__":
    sys.exit(main(load_settings_or_exit()))
