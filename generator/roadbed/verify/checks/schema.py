"""A database's schema by definition: names of constraints and indexes do not matter."""

from __future__ import annotations

import re
from dataclasses import dataclass
from importlib import resources

from roadbed.verify import contract
from roadbed.verify.database import Sql

TABLES = (
    "users", "posts", "email_tokens", "refresh_tokens", "oauth_identities", "jobs", "schedules",
)  # fmt: skip
_ONLY_FOR = {"refresh_tokens": "jwt", "oauth_identities": "oauth"}


@dataclass(frozen=True)
class Catalogue:
    """columns   (table, column, type, nullable, default)
    keys      (table, definition) of primary, foreign and unique keys
    indexes   (table, definition without its name), of keys too
    checks    (table, definition)
    """

    columns: frozenset[tuple[str, str, str, bool, str]]
    keys: frozenset[tuple[str, str]]
    indexes: frozenset[tuple[str, str]]
    checks: frozenset[tuple[str, str]]


def tables(variants: frozenset[str]) -> tuple[str, ...]:
    """The contract's tables that a variant has."""
    return tuple(table for table in TABLES if _ONLY_FOR.get(table) in (None, *variants))


def catalogue(sql: Sql, variants: frozenset[str]) -> Catalogue:
    """What a database has of the contract's tables."""
    found = describe(sql)
    wanted = set(tables(variants))
    return Catalogue(
        frozenset(row for row in found.columns if row[0] in wanted),
        frozenset(row for row in found.keys if row[0] in wanted),
        frozenset(row for row in found.indexes if row[0] in wanted),
        frozenset(row for row in found.checks if row[0] in wanted),
    )


def expected_catalogue(empty: Sql, variants: frozenset[str]) -> Catalogue:
    """What the contract's own schema gives, loaded into an empty database of the same server."""
    empty.execute(resources.files(contract).joinpath("schema.sql").read_text("utf-8"))
    return catalogue(empty, variants)


def describe(sql: Sql) -> Catalogue:
    """All tables outside PostgreSQL's own schemas."""
    columns = sql.query(
        "SELECT c.relname AS table, a.attname AS column,"
        " format_type(a.atttypid, a.atttypmod) AS type, NOT a.attnotnull AS nullable,"
        " coalesce(pg_get_expr(d.adbin, d.adrelid), '') AS initial"
        " FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid AND c.relkind = 'r'"
        " JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = 'public'"
        " LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum"
        " WHERE a.attnum > 0 AND NOT a.attisdropped"
    )
    constraints = sql.query(
        "SELECT conrelid::regclass::text AS table, contype::text AS kind,"
        " pg_get_constraintdef(oid) AS definition FROM pg_constraint"
        " WHERE connamespace = 'public'::regnamespace AND contype IN ('p', 'f', 'u', 'c')"
    )
    indexes = sql.query(
        "SELECT tablename AS table, indexdef AS definition FROM pg_indexes"
        " WHERE schemaname = 'public'"
    )
    return Catalogue(
        frozenset(
            (row["table"], row["column"], row["type"], row["nullable"], row["initial"])
            for row in columns
        ),
        frozenset((row["table"], row["definition"]) for row in constraints if row["kind"] != "c"),
        frozenset((row["table"], _nameless(row["definition"])) for row in indexes),
        frozenset((row["table"], row["definition"]) for row in constraints if row["kind"] == "c"),
    )


def _nameless(definition: str) -> str:
    return re.sub(r"INDEX \S+ ON", "INDEX ON", definition)
