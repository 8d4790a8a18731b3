"""PostgreSQL: one pool per process, bounded in connections and in time.

`connection()` is for single statements, each its own transaction; `transaction()` is the one place
that commits.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, TypeAlias

import psycopg
from psycopg.rows import class_row, scalar_row
from psycopg_pool import AsyncConnectionPool

from app.config.core import CoreSettings
from app.errors import Unavailable
from app.pooling import GRACE_SECONDS, RECHECK_SECONDS, pool_options, sever
from app.statements import Column, Command, Row, Rows, Value

Connection: TypeAlias = psycopg.AsyncConnection[Any]


class Database:
    def __init__(self, settings: CoreSettings) -> None:
        self._deadline = settings.db_statement_timeout + GRACE_SECONDS
        self._checked = 0.0
        self._background: set[asyncio.Task[None]] = set()
        self._pool = AsyncConnectionPool(settings.database_url, **pool_options(settings))

    async def open(self) -> None:
        """Start connecting in the background: the service starts without its database, too."""
        await self._pool.open()

    async def close(self) -> None:
        await self._pool.close(timeout=1)

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        """A connection for statements that each stand alone. Raises Unavailable."""
        try:
            conn = await self._pool.getconn()
        except psycopg.OperationalError as error:
            raise Unavailable from error
        watchdog = asyncio.get_running_loop().call_later(self._deadline, sever, conn)
        try:
            yield conn
        except (psycopg.OperationalError, psycopg.InterfaceError) as error:
            self._recheck()
            raise Unavailable from error
        finally:
            watchdog.cancel()
            await self._pool.putconn(conn)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Connection]:
        """A connection whose statements are committed together, or not at all."""
        async with self.connection() as conn, conn.transaction():
            yield conn

    async def ping(self) -> None:
        """Raises Unavailable unless the database answers."""
        async with self.connection() as conn:
            await conn.execute("SELECT 1")

    def _recheck(self) -> None:
        # One broken connection rarely comes alone (a restart, a failover): test the idle ones now
        # instead of letting a request run into each.
        if time.monotonic() - self._checked > RECHECK_SECONDS:
            self._checked = time.monotonic()
            task = asyncio.create_task(self._pool.check())
            self._background.add(task)
            task.add_done_callback(self._background.discard)


async def fetch_one(conn: Connection, rows: Rows[Row]) -> Row | None:
    """The first row."""
    async with conn.cursor(binary=True, row_factory=class_row(rows.row)) as cursor:
        await cursor.execute(rows.text.encode(), rows.params, prepare=True)
        return await cursor.fetchone()


async def fetch_all(conn: Connection, rows: Rows[Row]) -> list[Row]:
    async with conn.cursor(binary=True, row_factory=class_row(rows.row)) as cursor:
        await cursor.execute(rows.text.encode(), rows.params, prepare=True)
        return await cursor.fetchall()


async def fetch_values(conn: Connection, column: Column[Value]) -> list[Value]:
    async with conn.cursor(binary=True, row_factory=scalar_row) as cursor:
        await cursor.execute(column.text.encode(), column.params, prepare=True)
        return await cursor.fetchall()


async def fetch_value(conn: Connection, column: Column[Value]) -> Value | None:
    """The value of the first row."""
    values = await fetch_values(conn, column)
    return values[0] if values else None


async def execute(conn: Connection, command: Command) -> int:
    """The number of rows that the statement changed."""
    cursor = await conn.execute(command.text.encode(), command.params)
    return cursor.rowcount
