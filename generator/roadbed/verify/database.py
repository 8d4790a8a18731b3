"""Direct SQL beside the service."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg.rows import dict_row

Row = dict[str, Any]
Connection = psycopg.Connection[Row]


class Sql:
    """A database by its DSN. Each call takes a connection of its own: faults leave none broken."""

    def __init__(self, dsn: str) -> None:
        self.dsn = dsn

    @contextmanager
    def connect(self, *, autocommit: bool = False) -> Iterator[Connection]:
        """A connection for locks and transactions; rolled back and closed at the end."""
        connection = psycopg.connect(
            self.dsn,
            autocommit=autocommit,
            row_factory=dict_row,
            connect_timeout=5,
            application_name="roadbed-suite",
        )
        try:
            yield connection
        finally:
            connection.close()

    def query(self, statement: str, *values: object) -> list[Row]:
        """All rows as dictionaries; committed."""
        with self.connect(autocommit=True) as connection:
            cursor = connection.execute(statement, values or None)
            return cursor.fetchall() if cursor.description else []

    def one(self, statement: str, *values: object) -> Row:
        """The only row; LookupError when there is another number of them."""
        rows = self.query(statement, *values)
        if len(rows) != 1:
            raise LookupError(f"{len(rows)} rows for: {statement} {values!r}")
        return rows[0]

    def value(self, statement: str, *values: object) -> Any:
        """The first column of the only row."""
        return next(iter(self.one(statement, *values).values()))

    def execute(self, statement: str, *values: object) -> int:
        """Number of rows touched; committed."""
        with self.connect(autocommit=True) as connection:
            return connection.execute(statement, values or None).rowcount

    def many(self, statement: str, rows: Sequence[Sequence[object]]) -> None:
        """The statement once per row, in one transaction."""
        with self.connect() as connection:
            with connection.cursor() as cursor:
                cursor.executemany(statement, rows)
            connection.commit()

    def dump(self) -> str:
        """Every table of schema public as text, to search for what must not be there."""
        tables = self.query("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        parts = []
        with self.connect(autocommit=True) as connection, connection.cursor() as cursor:
            for table in tables:
                name = table["tablename"]
                copy = f'COPY "{name}" TO STDOUT'
                with cursor.copy(copy) as rows:
                    parts.append(f"-- {name}\n" + b"".join(bytes(row) for row in rows).decode())
        return "\n".join(parts)
