"""The worker's connections to PostgreSQL."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from psycopg import Connection
from psycopg.rows import DictRow, dict_row
from psycopg_pool import ConnectionPool

from app.config import Settings
from app.jobs.deadline import cut_off

CONNECT_TIMEOUT = 3
RECONNECT_SECONDS = 2.0
GRACE_SECONDS = 1.0
CONNECTIONS_BESIDE_JOBS = 2  # the loop that claims them, and the probes


class Database:
    """Short transactions that end in time, or raise `psycopg.Error`.

    `statement_timeout` is the server's promise; a server that hangs keeps none, so a connection
    that is still silent a moment later is shut down from this side.
    """

    def __init__(self, settings: Settings) -> None:
        # The pool tells of every failed attempt; who asked for a connection says it once.
        logging.getLogger("psycopg.pool").setLevel(logging.ERROR)
        statement_timeout = settings.db_statement_timeout
        self._limit = statement_timeout + GRACE_SECONDS
        self._pool: ConnectionPool[Connection[DictRow]] = ConnectionPool(
            settings.database_url,
            kwargs={
                "application_name": settings.service_name,
                "autocommit": True,
                "connect_timeout": CONNECT_TIMEOUT,
                "options": f"-c statement_timeout={round(statement_timeout * 1000)}",
                "row_factory": dict_row,
            },
            min_size=0,
            max_size=min(
                settings.db_pool_max, settings.worker_concurrency + CONNECTIONS_BESIDE_JOBS
            ),
            timeout=settings.db_pool_timeout,
            reconnect_timeout=RECONNECT_SECONDS,
            open=False,
        )

    def open(self) -> None:
        """Returns at once, whether or not PostgreSQL is there."""
        self._pool.open(wait=False)

    def close(self) -> None:
        self._pool.close(timeout=1)

    @contextmanager
    def transaction(self) -> Iterator[Connection[DictRow]]:
        with (
            self._pool.connection() as connection,
            cut_off(connection.fileno(), self._limit),
            connection.transaction(),
        ):
            yield connection

    def ping(self, seconds: float) -> None:
        """Raises psycopg.Error if PostgreSQL does not answer within `seconds`."""
        half = seconds / 2
        with (
            self._pool.connection(timeout=half) as connection,
            cut_off(connection.fileno(), half),
        ):
            connection.execute("SELECT 1")

    def one(self, statement: Any, parameters: Any = None) -> DictRow | None:
        """The first row of a statement that is its own transaction."""
        with self.transaction() as connection:
            return connection.execute(statement, parameters).fetchone()
