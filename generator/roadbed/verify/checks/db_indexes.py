"""DB-04: indexes of a big table are built beside its writers."""

from __future__ import annotations

import re
import threading
import uuid
from collections.abc import Iterator
from pathlib import Path

import psycopg

from roadbed.verify.check import check
from roadbed.verify.checks.db import migrate
from roadbed.verify.checks.schema import TABLES
from roadbed.verify.control import Outcome
from roadbed.verify.database import Sql
from roadbed.verify.target import Target

_NOT_SOURCE = {".venv", "node_modules", ".git", "target", "build", "dist", ".tools", ".cache"}
_CONCURRENTLY = re.compile(r"CREATE\s+INDEX\s+CONCURRENTLY", re.IGNORECASE)


def feed_migrations(root: Path) -> list[Path]:
    """Files of the project that build an index of `posts` concurrently."""
    found = []
    for path in walk(root):
        if path.suffix in (
            ".py",
            ".sql",
            ".js",
            ".ts",
            ".go",
            ".rs",
            ".java",
            ".kt",
            ".xml",
            ".yml",
        ):
            text = path.read_text("utf-8", "replace")
            if _CONCURRENTLY.search(text) and re.search(r"\bposts\b", text):
                found.append(path)
    return found


def walk(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.iterdir()):
        if path.is_dir() and not path.is_symlink():
            if path.name not in _NOT_SOURCE:
                yield from walk(path)
        elif path.is_file():
            yield path


@check("DB-04", "the feed's indexes are built without blocking writers")
def indexes_built_concurrently(t: Target) -> None:
    root = t.project.root
    found = feed_migrations(root)
    files = [path for path in found if "test" not in str(path.relative_to(root)).lower()]
    t.equal(len(files), 1, did=f"looked for the migration with CREATE INDEX CONCURRENTLY: {files}")
    text = files[0].read_text("utf-8")
    t.expect(
        not re.search(r"CREATE\s+TABLE|ALTER\s+TABLE", text, re.IGNORECASE),
        did=f"read {files[0].name}",
        expected="a migration of its own",
        saw="tables in it",
    )
    with t.fresh_database(migrated=True) as sql:
        author = uuid.uuid4()
        sql.execute("INSERT INTO users (id, email, name) VALUES (%s, 'a@example.com', 'A')", author)
        forget(t, sql, files[0])
        builds_beside_writers(t, sql, author)
        again = feed_indexes(sql)
        t.equal((len(again), all(again.values())), (2, True), did="make migrate; read its indexes")


def feed_indexes(sql: Sql) -> dict[str, bool]:
    """Name and validity of the indexes on posts that begin (…, created_at …, id …)."""
    rows = sql.query(
        "SELECT indexrelid::regclass::text AS name, indisvalid AS valid FROM pg_index"
        " WHERE indrelid = 'posts'::regclass AND NOT indisprimary"
        " AND pg_get_indexdef(indexrelid) LIKE '%created_at%id%'"
    )
    return {row["name"]: row["valid"] for row in rows}


def forget(t: Target, sql: Sql, migration: Path) -> None:
    """Drops the feed's indexes, and the record that their migration was run."""
    indexes = feed_indexes(sql)
    t.equal(len(indexes), 2, did=f"looked for the feed's two indexes: {sorted(indexes)}")
    for name in indexes:
        sql.execute(f"DROP INDEX {name}")
    number = re.match(r"[A-Za-z]?0*(\d+)", migration.stem)
    known = {migration.stem, migration.name}
    known |= {number[0], number[1], number[0].lstrip("Vv")} if number else set()
    removed = 0
    for table in bookkeeping_tables(sql):
        for row in sql.query(f"SELECT ctid::text AS ctid, * FROM {table}"):
            words = {str(value) for key, value in row.items() if key != "ctid"}
            if words & known or any(migration.stem in word for word in words):
                removed += sql.execute(f"DELETE FROM {table} WHERE ctid = %s::tid", row["ctid"])
    t.expect(
        removed == 1,
        did=f"looked for the record of {migration.name} in {bookkeeping_tables(sql)}",
        expected="one row",
        saw=f"{removed} rows",
    )


def bookkeeping_tables(sql: Sql) -> list[str]:
    """Tables that are not the contract's: where the migration tool keeps its records."""
    rows = sql.query(
        "SELECT format('%I.%I', schemaname, tablename) AS name, tablename FROM pg_tables"
        " WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"
    )
    return [row["name"] for row in rows if row["tablename"] not in TABLES]


_INSERT = "INSERT INTO posts (id, author_id, title, body) VALUES (%s, %s, 't', 'b')"


def builds_beside_writers(t: Target, sql: Sql, author: uuid.UUID) -> None:
    did = "an uncommitted post, make migrate, then another INSERT with lock_timeout 1.5 s"
    outcomes: list[Outcome] = []
    with sql.connect() as holding:
        holding.execute(_INSERT, (uuid.uuid4(), author))
        thread = threading.Thread(target=lambda: outcomes.append(migrate(t, sql)))
        thread.start()
        try:
            t.eventually(
                lambda: sql.value(
                    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                    " AND query ILIKE '%%create index%%' AND wait_event_type = 'Lock'"
                    " AND pid <> pg_backend_pid() AND %s",
                    True,
                ),
                timeout=30,
                expected="CREATE INDEX waits for the open transaction",
                did=did,
                saw=lambda: outcomes or "migrate runs",
            )
            with sql.connect() as writer:
                writer.execute("SET LOCAL lock_timeout = '1500ms'")
                try:
                    writer.execute(_INSERT, (uuid.uuid4(), author))
                except psycopg.errors.LockNotAvailable as error:
                    t.expect(False, did=did, expected="the INSERT succeeds", saw=str(error))
                writer.commit()
            t.expect(not outcomes, did=did, expected="migrate still waits", saw=outcomes)
        finally:
            holding.commit()
            thread.join(90)
    t.expect(
        outcomes and outcomes[0].code == 0,
        did=f"{did}, then committed",
        expected="migrate ends with 0",
        saw=outcomes[0].text if outcomes else "it still runs",
    )
