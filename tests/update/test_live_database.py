"""Another framework over a database that is in use: docs/updating.md says how, and its words are
run here, on rows."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from roadbed.errors import OK
from roadbed.trial import start_services
from roadbed.update import history
from tests.conftest import ROOT, TAG, Outcome, run
from tests.update.conftest import COPIER, commit
from tests.update.test_projects import insert_rows, make, settings_of

pytestmark = [pytest.mark.ci, pytest.mark.slow]

# Whatever differs in a table, its constraints or its indexes, but the tools' own records.
OWN = "('alembic_version', 'django_migrations', 'migrations')"
SCHEMA = f"""
SELECT format('%s.%s %s %s %s', table_name, column_name, format_type(atttypid, atttypmod),
              is_nullable, column_default)
  FROM information_schema.columns
  JOIN pg_attribute ON attrelid = table_name::regclass AND attname = column_name
 WHERE table_schema = 'public' AND table_name NOT IN {OWN}
UNION ALL
SELECT format('%s %s %s', conrelid::regclass, conname, pg_get_constraintdef(oid))
  FROM pg_constraint WHERE connamespace = 'public'::regnamespace
   AND conrelid::regclass::text NOT IN {OWN}
UNION ALL
SELECT indexdef FROM pg_indexes
 WHERE schemaname = 'public' AND tablename NOT IN {OWN}
ORDER BY 1
"""


def schema(dsn: str) -> list[str]:
    with psycopg.connect(dsn) as database:
        return [line for (line,) in database.execute(SCHEMA).fetchall()]


def rows(dsn: str) -> list[tuple[str, str]]:
    with psycopg.connect(dsn) as database:
        return database.execute(
            "SELECT name, title FROM users JOIN posts ON author_id = users.id"
        ).fetchall()


def documented(target: str) -> str:
    """The shell lines that docs/updating.md gives for a move to `target`."""
    page = (ROOT / "docs/updating.md").read_text("utf-8")
    found = re.search(rf"^- \*\*to {target}\*\*[\s\S]*?\n\n((?: {{8}}.*\n)+)", page, re.MULTILINE)
    assert found, target
    return found[1]


def test_the_rows_stay_and_the_new_tool_knows_the_schema(
    snapshot: Path,
    roadbed: Callable[..., Outcome],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.setattr(history, "history_path", lambda: snapshot)
    project = tmp_path / "project"
    run(COPIER, "copy", "--quiet", "--defaults", "--vcs-ref", TAG, "--data", "social_login=true",
        snapshot, project, cwd=tmp_path)  # fmt: skip
    run("git", "init", "-q", "-b", "main", cwd=project)
    commit(project)

    def become(framework: str) -> None:
        commit(project)  # what `make setup` has locked
        assert roadbed("set", f"framework={framework}", project, "--yes").code == OK
        commit(project)
        make(project, "setup")

    def follow(target: str, **settings: str) -> None:
        inherited = {key: value for key, value in os.environ.items() if key != "VIRTUAL_ENV"}
        done = subprocess.run(
            ["sh", "-e", "-c", documented(target)], cwd=project, env={**inherited, **settings},
            capture_output=True, text=True, check=False, timeout=300,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        assert '"migrations_done"' in done.stdout

    with ExitStack() as stack:
        services = start_services(stack, "postgres")
        first = services["DATABASE_URL"]
        settings = settings_of(project, services, stack)
        make(project, "setup")
        make(project, "migrate", **settings)
        insert_rows(first)
        before = schema(first)
        assert len(before) > 50

        become("django")
        follow("Django", **settings)
        assert (schema(first), rows(first)) == (before, [("Ada", "One")])

        # One that has only ever known Django, and has the very same schema.
        with psycopg.connect(first, autocommit=True) as database:
            database.execute("CREATE DATABASE second")
        name = str(conninfo_to_dict(first)["dbname"])
        second = re.sub(rf"/{name}(?=\?|$)", "/second", first)
        make(project, "migrate", **{**settings, "DATABASE_URL": second})
        insert_rows(second)
        assert schema(second) == before

        become("flask")
        follow("FastAPI or Flask", **{**settings, "DATABASE_URL": second})
        assert (schema(second), rows(second)) == (before, [("Ada", "One")])

        become("fastify")
        follow("Express, Fastify, Hono or NestJS", **{**settings, "DATABASE_URL": second})
        assert (schema(second), rows(second)) == (before, [("Ada", "One")])

        become("flask")
        # And back again on the first, where Alembic's record is still there.
        assert "migrations_done" in make(project, "migrate", **settings)
        assert rows(first) == [("Ada", "One")]
