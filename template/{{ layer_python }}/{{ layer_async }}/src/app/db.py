"""PostgreSQL: one pool per process, bounded in connections and in time.

`connection()` is for single statements, each its own transaction; `transaction()` is the one place
that commits.
"""

from __future__ import annotations

import asyncio
import os
import socket
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any, TypeAlias, TypeVar

import psycopg
from psycopg.rows import class_row, scalar_row
from psycopg_pool import AsyncConnectionPool

from app.config.core import CoreSettings
from app.errors import Unavailable

# The server's own statement timeout comes first; this is for a server that hangs altogether.
GRACE_SECONDS = 0.5
RECHECK_SECONDS = 1.0
RECONNECT_SECONDS = 5.0

Connection: TypeAlias = psycopg.AsyncConnection[Any]
Row = TypeVar("Row")


class Database:
    def __init__(self, settings: CoreSettings) -> None:
        self._deadline = settings.db_statement_timeout + GRACE_SECONDS
        self._checked = 0.0
        self._background: set[asyncio.Task[None]] = set()
        self._pool = AsyncConnectionPool(
            settings.database_url,
            open=False,
            min_size=1,
            max_size=settings.db_pool_max,
            timeout=settings.db_pool_timeout,
            reconnect_timeout=RECONNECT_SECONDS,
            kwargs={
                "autocommit": True,
                "prepare_threshold": 0,
                "application_name": settings.service_name,
                "connect_timeout": 3,
                "options": f"-c statement_timeout={int(settings.db_statement_timeout * 1000)}",
            },
        )

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
        watchdog = asyncio.get_running_loop().call_later(self._deadline, _sever, conn)
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


def _sever(conn: Connection) -> None:
    # Cancelling would wait for the server, which is what does not answer. With its socket shut
    # down the statement fails at once, and the pool replaces the connection.
    if conn.closed:
        return
    with socket.socket(fileno=os.dup(conn.fileno())) as duplicate:
        duplicate.shutdown(socket.SHUT_RDWR)


async def fetch_one(
    conn: Connection, row: type[Row], query: str, params: Sequence[Any]
) -> Row | None:
    """The first row as an instance of `row`, whose fields are the query's columns."""
    async with conn.cursor(binary=True, row_factory=class_row(row)) as cursor:
        await cursor.execute(query.encode(), params, prepare=True)
        return await cursor.fetchone()


async def fetch_all(
    conn: Connection, row: type[Row], query: str, params: Sequence[Any]
) -> list[Row]:
    async with conn.cursor(binary=True, row_factory=class_row(row)) as cursor:
        await cursor.execute(query.encode(), params, prepare=True)
        return await cursor.fetchall()


async def fetch_column(conn: Connection, query: str, params: Sequence[Any]) -> list[Any]:
    """The first column of every row."""
    async with conn.cursor(binary=True, row_factory=scalar_row) as cursor:
        await cursor.execute(query.encode(), params, prepare=True)
        return await cursor.fetchall()


async def execute(conn: Connection, query: str, params: Sequence[Any]) -> int:
    """The number of rows that the statement changed."""
    cursor = await conn.execute(query.encode(), params)
    return cursor.rowcount
