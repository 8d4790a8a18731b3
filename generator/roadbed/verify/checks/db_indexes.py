"""DB-04: indexes of a big table are built beside its writers."""

from __future__ import annotations

import re
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from roadbed.verify.check import check
from roadbed.verify.checks.db import migrate
from roadbed.verify.control import Outcome
from roadbed.verify.database import Sql
from roadbed.verify.target import Target

_NOT_SOURCE = {".venv", "node_modules", ".git", "target", "build", "dist", ".tools", ".cache"}
_SOURCES = (".py", ".sql", ".js", ".ts", ".go", ".rs", ".java", ".kt", ".xml", ".yml")
_CONCURRENTLY = re.compile(r"CREATE\s+INDEX\s+CONCURRENTLY|AddIndexConcurrently", re.IGNORECASE)
_TABLES = re.compile(r"(CREATE|ALTER)\s+TABLE|CreateModel|AddField", re.IGNORECASE)

# The migration stops at the door of its first index on the feed, until we have written a post.
# So it does not matter which migrations a team has added since.
_GATE = 7_203_115
_DOOR = rf"""
CREATE FUNCTION suite_gate() RETURNS event_trigger LANGUAGE plpgsql AS $$
BEGIN
  IF current_query() ~* 'create\s+index.*\yposts\y.*created_at' THEN
    PERFORM pg_advisory_lock({_GATE});
    PERFORM pg_advisory_unlock({_GATE});
  END IF;
END $$;
CREATE EVENT TRIGGER suite_gate ON ddl_command_start WHEN TAG IN ('CREATE INDEX')
  EXECUTE FUNCTION suite_gate();
"""
_WAITS = (
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
    " AND wait_event_type = 'Lock' AND (wait_event = 'advisory') = %s"
    " AND query ILIKE '%%create index%%' AND pid <> pg_backend_pid()"
)
_INSERT = "INSERT INTO posts (id, author_id, title, body) VALUES (%s, %s, 't', 'b')"


def feed_migrations(root: Path) -> list[Path]:
    """Files of the project, but its tests, that build an index of `posts` concurrently."""
    found = []
    for path in walk(root):
        if path.suffix in _SOURCES and "test" not in str(path.relative_to(root)).lower():
            text = path.read_text("utf-8", "replace")
            if _CONCURRENTLY.search(text) and re.search(r"\bposts?\b", text, re.IGNORECASE):
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
    found = feed_migrations(t.project.root)
    apart = [path.name for path in found if not _TABLES.search(path.read_text("utf-8", "replace"))]
    t.expect(
        apart,
        did="looked for CREATE INDEX CONCURRENTLY on posts in the migrations",
        expected="a migration of its own, with no table in it",
        saw=[path.name for path in found],
    )
    with t.fresh_database() as sql:
        builds_beside_writers(t, sql)
        indexes = feed_indexes(sql)
        t.equal((len(indexes), all(indexes.values())), (2, True), did="make migrate; read indexes")


def feed_indexes(sql: Sql) -> dict[str, bool]:
    """Name and validity of the indexes on posts that begin (…, created_at …, id …)."""
    rows = sql.query(
        "SELECT indexrelid::regclass::text AS name, indisvalid AS valid FROM pg_index"
        " WHERE indrelid = 'posts'::regclass AND NOT indisprimary"
        " AND pg_get_indexdef(indexrelid) LIKE '%created_at%id%'"
    )
    return {row["name"]: row["valid"] for row in rows}


@contextmanager
def shut_gate(sql: Sql) -> Iterator[psycopg.Connection[dict[str, object]]]:
    """The session that holds the gate; it opens when that lock is given back."""
    sql.execute(_DOOR)
    with sql.connect(autocommit=True) as keeper:
        keeper.execute("SELECT pg_advisory_lock(%s)", (_GATE,))
        yield keeper


def builds_beside_writers(t: Target, sql: Sql) -> None:
    did = "an uncommitted post, make migrate, then another INSERT with lock_timeout 1.5 s"
    outcomes: list[Outcome] = []
    author = uuid.uuid4()
    thread = threading.Thread(target=lambda: outcomes.append(migrate(t, sql)))

    def waits(*, at_the_gate: bool, expected: str) -> None:
        t.eventually(
            lambda: sql.value(_WAITS, at_the_gate),
            timeout=30,
            expected=expected,
            did=did,
            saw=lambda: outcomes or "migrate runs",
        )

    with shut_gate(sql) as keeper:
        thread.start()
        try:
            waits(at_the_gate=True, expected="migrate comes to an index of posts by created_at")
            sql.execute(
                "INSERT INTO users (id, email, name) VALUES (%s, 'a@example.com', 'A')", author
            )
            with sql.connect() as holding:
                holding.execute(_INSERT, (uuid.uuid4(), author))
                keeper.execute("SELECT pg_advisory_unlock(%s)", (_GATE,))
                waits(at_the_gate=False, expected="CREATE INDEX waits for the open transaction")
                with sql.connect() as writer:
                    writer.execute("SET LOCAL lock_timeout = '1500ms'")
                    try:
                        writer.execute(_INSERT, (uuid.uuid4(), author))
                    except psycopg.errors.LockNotAvailable as error:
                        t.expect(False, did=did, expected="the INSERT succeeds", saw=str(error))
                    writer.commit()
                t.expect(not outcomes, did=did, expected="migrate still waits", saw=outcomes)
                holding.commit()
        finally:
            keeper.execute("SELECT pg_advisory_unlock_all()")
            thread.join(90)
    t.expect(
        outcomes and outcomes[0].code == 0,
        did=f"{did}, then committed",
        expected="migrate ends with 0",
        saw=outcomes[0].text if outcomes else "it still runs",
    )
