"""One worker among all that does what must not be done by each."""

from __future__ import annotations

import threading
from contextlib import suppress
from typing import Any

import psycopg
from psycopg.rows import DictRow, dict_row

from app.config import Settings
from app.jobs.database import CONNECT_TIMEOUT, GRACE_SECONDS
from app.jobs.deadline import cut_off

# Any number will do as long as nothing else in this database locks it.
LOCK = 7_032_701_845_961
# A leader that is frozen would keep its lock: the server then ends its silent session.
IDLE_SECONDS = 10

TRY_LOCK = "SELECT pg_try_advisory_lock(%s) AS locked"


class Leader:
    """Holds an advisory lock on a connection of its own: whoever loses that has lost office."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._connection: psycopg.Connection[DictRow] | None = None
        self._elected = False
        self._lock = threading.Lock()

    def query(self, statement: str, parameters: Any = None) -> list[DictRow] | None:
        """The rows, or None while another worker leads. Raises psycopg.Error, and then resigns."""
        with self._lock:
            try:
                connection = self._connect()
                with cut_off(
                    connection.fileno(), self._settings.db_statement_timeout + GRACE_SECONDS
                ):
                    if not self._elected:
                        row = connection.execute(TRY_LOCK, (LOCK,)).fetchone()
                        self._elected = bool(row and row["locked"])
                    if not self._elected:
                        return None
                    return connection.execute(statement, parameters).fetchall()
            except psycopg.Error:
                self._close()
                raise

    def resign(self) -> None:
        with self._lock:
            self._close()

    def _connect(self) -> psycopg.Connection[DictRow]:
        if self._connection is None:
            timeout = round(self._settings.db_statement_timeout * 1000)
            self._connection = psycopg.connect(
                self._settings.database_url,
                application_name=self._settings.service_name,
                autocommit=True,
                connect_timeout=CONNECT_TIMEOUT,
                options=f"-c statement_timeout={timeout}"
                f" -c idle_session_timeout={IDLE_SECONDS * 1000}",
                row_factory=dict_row,
            )
        return self._connection

    def _close(self) -> None:
        connection, self._connection, self._elected = self._connection, None, False
        if connection is not None:
            with suppress(psycopg.Error):
                connection.close()
