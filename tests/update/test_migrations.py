"""An update brings a migration to a team that has its own, over a database that holds rows."""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
import uuid
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from roadbed.errors import OK
from roadbed.services import Postgres, Redis
from roadbed.update import history
from tests.conftest import KEPT, TAG, Roadbed, run
from tests.update.conftest import COPIER, commit, git

pytestmark = pytest.mark.slow

LAYER = "template/{{ layer_python }}"
NEXT = "v0.2.0"
MIGRATION = '''"""The template's next: notes."""

from alembic import op

revision = "0100"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("CREATE TABLE notes (id uuid PRIMARY KEY, post_id uuid REFERENCES posts (id))")
    op.execute("ALTER TABLE posts ADD COLUMN pinned boolean NOT NULL DEFAULT false")
'''


@pytest.fixture(scope="module")
def releases(snapshot: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The real template as it stands, and a next version with a migration and a variable."""
    folder = tmp_path_factory.mktemp("releases") / "template"
    shutil.copytree(snapshot, folder)
    (folder / LAYER / "{{ layer_alembic }}/migrations/versions/0100_notes.py").write_text(MIGRATION)
    example = folder / LAYER / ".env.example.jinja"
    example.write_text(example.read_text() + "\n# Notes\nNOTES_LIMIT=10\n")
    commit(folder)
    git(folder, "tag", NEXT)
    return folder


@pytest.fixture
def services(tmp_path: Path) -> Iterator[dict[str, str]]:
    with Postgres.start(tmp_path) as postgres, Redis.start(tmp_path) as redis:
        yield {"DATABASE_URL": postgres.dsn, "REDIS_URL": redis.dsn}


@pytest.fixture
def project(releases: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A project of the older version, set up; kept when the test fails."""
    monkeypatch.setattr(history, "history_path", lambda: releases)
    folder = KEPT / f"migrations-{uuid.uuid4().hex[:8]}"
    KEPT.mkdir(exist_ok=True)
    words: list[str | Path] = [
        COPIER,
        "copy",
        "--quiet",
        "--defaults",
        "--vcs-ref",
        TAG,
        releases,
        folder,
    ]
    run(*words, cwd=KEPT)
    git(folder, "init", "-q", "-b", "main")
    commit(folder)
    make(folder, "setup")
    yield folder
    shutil.rmtree(folder)


def make(project: Path, *words: str, **environment: str) -> str:
    inherited = {key: value for key, value in os.environ.items() if key != "VIRTUAL_ENV"}
    done = subprocess.run(
        ["make", *words], cwd=project, env={**inherited, **environment},
        capture_output=True, text=True, check=False, timeout=600,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def own_migration(project: Path) -> None:
    """What the team does: the project's own verb, then their SQL."""
    make(project, "migration", "name=add a nickname")
    (file,) = (project / "migrations/versions").glob("*_add_a_nickname.py")
    content = file.read_text()
    empty = 'op.execute("""\n    """)'
    assert empty in content
    statement = 'op.execute("ALTER TABLE users ADD COLUMN nickname text")'
    file.write_text(content.replace(empty, statement))


def test_both_run_and_the_rows_are_there(
    project: Path, services: dict[str, str], roadbed: Roadbed
) -> None:
    settings = {
        **services,
        "PUBLIC_APP_URL": "https://app.example.com", "SMTP_URL": "smtp://127.0.0.1:1",
        "MAIL_FROM": "no-reply@example.com", "JWT_SECRET": secrets.token_hex(32),
        "JWT_ISSUER": "https://api.example.com", "JWT_AUDIENCE": "https://example.com",
    }  # fmt: skip
    own_migration(project)
    commit(project)
    make(project, "migrate", **settings)
    user, post = str(uuid.uuid4()), str(uuid.uuid4())
    with psycopg.connect(services["DATABASE_URL"]) as database:
        database.execute(
            "INSERT INTO users (id, email, name, nickname) VALUES (%s, 'a@b.c', 'Ada', 'ada')",
            [user],
        )
        database.execute(
            "INSERT INTO posts (id, author_id, title, body) VALUES (%s, %s, 'One', 'text')",
            [post, user],
        )

    outcome = roadbed("update", project, "--yes")
    assert outcome.code == OK, outcome
    assert "set NOTES_LIMIT" in outcome.out
    assert "run make migrate, for migrations/versions/0100_notes.py" in outcome.out
    commit(project)
    make(project, "migrate", **settings)
    make(project, "migrate", **settings)
    with psycopg.connect(services["DATABASE_URL"]) as database:
        row = database.execute(
            "SELECT nickname, title, pinned FROM users JOIN posts ON author_id = users.id"
        ).fetchall()
        assert row == [("ada", "One", False)]
        assert database.execute("SELECT count(*) FROM notes").fetchall() == [(0,)]

    make(project, "migration", "name=the next of ours")
    make(project, "migrate", **settings)
    assert " passed" in make(project, "test", **services)
