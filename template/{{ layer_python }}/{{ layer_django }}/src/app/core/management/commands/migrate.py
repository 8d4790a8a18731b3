"""`manage.py migrate`, of which two at once are safe, and which says what it did as JSON."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import structlog
from django.core.management.base import CommandError, CommandParser
from django.core.management.commands import migrate
from django.db import DatabaseError, connections

from app.config import load_settings_or_exit
from app.observability import logging

LOCK_ID = 7_361_720_125
LOCK_RETRY_SECONDS = 0.2

log = structlog.get_logger(__name__)


class Command(migrate.Command):
    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.set_defaults(verbosity=0)

    def handle(self, *args: Any, **options: Any) -> None:
        logging.configure(load_settings_or_exit())
        try:
            with _one_at_a_time(options["database"]):
                super().handle(*args, **options)
        except (DatabaseError, CommandError) as error:
            log.error("migration_failed", error=str(error).strip())
            raise SystemExit(1) from None
        log.info("migrations_done")


@contextmanager
def _one_at_a_time(database: str) -> Iterator[None]:
    # Asked for again and again instead of waited for: a session that waits inside a statement
    # holds a snapshot, and CREATE INDEX CONCURRENTLY in the other run would wait for that.
    guard = connections.create_connection(database)
    try:
        while not _try_lock(guard):
            time.sleep(LOCK_RETRY_SECONDS)
        yield
    finally:
        guard.close()


def _try_lock(guard: Any) -> bool:
    with guard.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [LOCK_ID])
        return bool(cursor.fetchone()[0])
