"""A statement and what comes of it; `db.py` runs it. No statement is run where it is written."""

from __future__ import annotations

from typing import Any, Generic, NamedTuple, TypeVar

Row = TypeVar("Row", covariant=True)
Value = TypeVar("Value", covariant=True)


class Rows(NamedTuple, Generic[Row]):
    """Rows as instances of `row`, whose fields are the statement's columns."""

    row: type[Row]
    text: str
    params: tuple[Any, ...]


class Column(NamedTuple, Generic[Value]):
    """One value of each row."""

    text: str
    params: tuple[Any, ...]


class Command(NamedTuple):
    """A statement of which only the number of rows that it changed is of interest."""

    text: str
    params: tuple[Any, ...]
