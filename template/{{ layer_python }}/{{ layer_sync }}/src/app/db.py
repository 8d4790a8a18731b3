"""PostgreSQL: one pool per process, bounded in connections and in time.

`connection()` is for single statements, each its own transaction; `transaction()` is the one place
that commits.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TypeAlias

import psycopg
from psycopg.rows import class_row, scalar_row
from psycopg_pool import ConnectionPool

from app.config.core import CoreSettings
from app.errors import Unavailable
from app.pooling import GRACE_SECONDS, RECHECK_SECONDS, pool_options, sever
from app.statements import Column, Command, Row, Rows, Value
from app.watchdog import Watchdog

Connection: TypeAlias = psycopg.Connection[Any]


class Database:
    """Opens itself when it is first used, so that any server may fork before."""

    def __init__(self, settings: CoreSettings) -> None:
        self._checked = 0.0
        self._opened = False
        self._pool = ConnectionPool(settings.database_url, **pool_options(settings))
        self._watchdog = Watchdog(settings.db_statement_timeout + GRACE_SECONDS, sever)

    def open(self) -> None:
        """Start connecting in the background: the service starts without its database, too."""
        self._pool.open()
        self._opened = True

    def close(self) -> None:
        self._pool.close(timeout=1)

    @contextmanager
    def connection(self) -> Iterator[Connection]:
        """A connection for statements that each stand alone. Raises Unavailable."""
        if not self._opened:
            self.open()
        try:
            conn = self._pool.getconn()
        except psycopg.OperationalError as error:
            raise Unavailable from error
        try:
            with self._watchdog.watch(conn):
                yield conn
        except (psycopg.OperationalError, psycopg.InterfaceError) as error:
            self._recheck()
            raise Unavailable from error
        finally:
            self._pool.putconn(conn)

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """A connection whose statements are committed together, or not at all."""
        with self.connection() as conn, conn.transaction():
            yield conn

    def ping(self, seconds: float) -> bool:
        """Whether the database answers within this time."""
        # In a thread that is not waited for any longer: a server that hangs does not let go of it.
        answered = threading.Event()

        def ask() -> None:
            try:
                with self.connection() as conn:
                    conn.execute("SELECT 1")
            except Unavailable:
                return
            answered.set()

        asking = threading.Thread(target=ask, daemon=True, name="ping")
        asking.start()
        asking.join(seconds)
        return answered.is_set()

    def _recheck(self) -> None:
        # One broken connection rarely comes alone (a restart, a failover): test the idle ones now
        # instead of letting a request run into each.
        if time.monotonic() - self._checked > RECHECK_SECONDS:
            self._checked = time.monotonic()
            threading.Thread(target=self._pool.check, daemon=True, name="pool-check").start()


def fetch_one(conn: Connection, rows: Rows[Row]) -> Row | None:
    """The first row."""
    with conn.cursor(binary=True, row_factory=class_row(rows.row)) as cursor:
        return cursor.execute(rows.text.encode(), rows.params, prepare=True).fetchone()


def fetch_all(conn: Connection, rows: Rows[Row]) -> list[Row]:
    with conn.cursor(binary=True, row_factory=class_row(rows.row)) as cursor:
        return cursor.execute(rows.text.encode(), rows.params, prepare=True).fetchall()


def fetch_values(conn: Connection, column: Column[Value]) -> list[Value]:
    with conn.cursor(binary=True, row_factory=scalar_row) as cursor:
        return cursor.execute(column.text.encode(), column.params, prepare=True).fetchall()


def fetch_value(conn: Connection, column: Column[Value]) -> Value | None:
    """The value of the first row."""
    values = fetch_values(conn, column)
    return values[0] if values else None


def execute(conn: Connection, command: Command) -> int:
    """The number of rows that the statement changed."""
    return conn.execute(command.text.encode(), command.params).rowcount
