"""Real projects of older versions, with a team's work in them: updated, migrated, and proven.

Each case is a variant, the version it was made from, and what the team did since. A run takes one;
`make updates` takes every older version of the pairwise variants, `make updates ALL=1` everything.
A failure keeps the project, and the log of each step, in .test-output/.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from roadbed.demo_interrupts import Interrupts
from roadbed.errors import CONFLICTS, OK, SET_ASIDE
from roadbed.matrix import Variant, default_variant, every_variant, pairwise
from roadbed.questions import load_questions
from roadbed.source import find_source
from roadbed.terminal import Terminal
from roadbed.trial import Trial, start_services
from roadbed.update import history
from roadbed.verify import profiles
from roadbed.verify.fakes.openid import OpenIdProvider
from roadbed.verify.profiles import OAUTH_REDIRECT_URI
from roadbed.verify.project import load
from tests.conftest import KEPT, ROOT, TAG, Roadbed, run
from tests.update.conftest import COPIER, commit, git

pytestmark = pytest.mark.slow

# Commits of this repository as releases of their time, and the frameworks that were on offer then.
OLDER = {"v0.0.1": "2007cf4", "v0.0.2": "fd64b20"}
OFFERED_THEN = frozenset({"fastapi"})
NEXT = "v0.2.0"
PYTHON, NODE = "template/{{ layer_python }}", "template/{{ layer_node }}"
CLAUSES = "HEALTH-01,DB-01,USERS-01,POSTS-01"
# The next version's migration, for each tool that runs it: in a database with rows, new tables and
# a new column. Alembic's hangs off the first one, Django's off its app's newest, Node's is SQL.
NOTES = "CREATE TABLE notes (id uuid PRIMARY KEY, post_id uuid)"
PINNED = "ALTER TABLE posts ADD COLUMN pinned boolean NOT NULL DEFAULT false"
ALEMBIC, DJANGO = "migrations/versions/0100_notes.py", "src/app/posts/migrations/0003_notes.py"
SQL = "migrations/0100_notes.sql"
MIGRATIONS = {
    f"{NODE}/{SQL}": f"{NOTES};\n{PINNED};\n",
    f"{PYTHON}/{{{{ layer_alembic }}}}/{ALEMBIC}": f'''"""The template's next: notes."""

from alembic import op

revision = "0100"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("{NOTES}")
    op.execute("{PINNED}")
''',
    f"{PYTHON}/{{{{ layer_django }}}}/{DJANGO}": f'''"""The template's next: notes."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = (("posts", "0002_feed_indexes"),)

    operations = (
        migrations.RunSQL("{NOTES}"),
        migrations.RunSQL("{PINNED}"),
    )
''',
}
OURS = re.compile("(#|//) ours|nickname|ANSWER")
Work = Callable[[Path], None]


def nothing(_: Path) -> None:
    """The project is as it was made."""


def own_files(project: Path) -> None:
    """A column of their own, by the project's own verb, and a module with its test."""
    add = "ALTER TABLE posts ADD COLUMN nickname text"
    if (project / "manage.py").exists():
        models = project / "src/app/posts/models.py"
        field = "    nickname = models.TextField(null=True)\n"
        models.write_text(
            models.read_text().replace("\n    class Meta", f"{field}\n    class Meta")
        )
        start_migration(project, "add_a_nickname")
        make(project, "format")
    else:
        start_migration(project, "add a nickname")
        (file,) = (project / "migrations").rglob("*_add_a_nickname.*")
        content = file.read_text()
        empty = 'op.execute("""\n    """)'
        if file.suffix == ".py":
            assert empty in content
            file.write_text(content.replace(empty, f'op.execute("{add}")'))
        else:
            file.write_text(f"{content}\n{add};\n")
    for name, content in (NODE_FILES if is_node(project) else PYTHON_FILES).items():
        (project / name).write_text(content)


PYTHON_FILES = {
    "src/app/ours.py": '"""Ours."""\n\nANSWER = 42\n',
    "tests/test_ours.py": (
        "from app.ours import ANSWER\n\n\ndef test_ours() -> None:\n    assert ANSWER == 42\n"
    ),
}
NODE_FILES = {
    "src/ours.ts": "/** Ours. */\n\nexport const ANSWER = 42;\n",
    "tests/ours.test.ts": (
        'import { expect, test } from "vitest";\nimport { ANSWER } from "../src/ours.ts";\n\n'
        'test("ours", () => expect(ANSWER).toBe(42));\n'
    ),
}


def is_node(project: Path) -> bool:
    return (project / "package.json").exists()


def edits_everywhere(project: Path) -> None:
    """Their own files, and a line in most of the template's."""
    own_files(project)
    pattern, comment = ("*.ts", "//") if is_node(project) else ("*.py", "#")
    for file in (project / "src").rglob(pattern):
        with file.open("a") as end:
            end.write(f"{comment} ours\n")
    for name in ("README.md", ".env.example", "Makefile", "pyproject.toml"):
        if (project / name).exists():
            with (project / name).open("a") as end:
                end.write("\n# ours\n")
    make(project, "format")
    readme = project / "README.md"
    readme.write_text(readme.read_text().replace("make dev ", "make dev  ", 1))


WORKS: tuple[Work, ...] = (own_files, edits_everywhere, nothing)


@dataclass(frozen=True)
class Case:
    variant: Variant
    version: str
    work: Work

    def __str__(self) -> str:
        return f"{self.variant.name}-{self.version}-{self.work.__name__}"


def cases() -> list[Case]:
    """As many as ROADBED_UPDATES asks for: one, `pairs`, or `all`."""
    source = find_source()
    questions = load_questions(source.questions_file)
    every = every_variant(source, questions)
    default = default_variant(every, questions)

    def versions(variant: Variant) -> tuple[str, ...]:
        then = variant.answers["framework"] in OFFERED_THEN
        return (*OLDER, TAG) if then else (TAG,)

    wanted = os.environ.get("ROADBED_UPDATES", "")
    if wanted == "all":
        return [Case(each, of, work) for each in every for of in versions(each) for work in WORKS]
    if wanted == "pairs":
        combined = [(each, of) for each in pairwise(every, default) for of in versions(each)]
        return [Case(each, of, WORKS[at % 3]) for at, (each, of) in enumerate(combined)]
    return [Case(default, next(iter(OLDER)), edits_everywhere)]


@pytest.fixture(scope="module")
def releases(snapshot: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The template's releases: older ones, today's, and a next with a migration and a variable."""
    folder = tmp_path_factory.mktemp("releases") / "template"
    folder.mkdir()
    git(folder, "init", "-q", "-b", "main")
    for version, revision in OLDER.items():
        empty(folder)
        tree = folder.parent / "tree.tar"
        run("git", "archive", f"--output={tree}", revision, "copier.yml", "template", cwd=ROOT)
        run("tar", "-xf", tree, cwd=folder)
        release(folder, version)
    empty(folder)
    shutil.copytree(snapshot, folder, ignore=shutil.ignore_patterns(".git"), dirs_exist_ok=True)
    release(folder, TAG)
    for path, migration in MIGRATIONS.items():
        (folder / path).write_text(migration)
    example = folder / "template/.env.example.jinja"
    example.write_text(example.read_text() + "\n# Notes\nNOTES_LIMIT=10\n")
    release(folder, NEXT)
    return folder


def empty(folder: Path) -> None:
    git(folder, "rm", "-rq", "--ignore-unmatch", ".")


def release(folder: Path, version: str) -> None:
    commit(folder, version)
    git(folder, "tag", version)


@pytest.fixture(params=cases(), ids=str)
def case(request: pytest.FixtureRequest) -> Case:
    found: Case = request.param
    return found


@pytest.fixture
def trial(
    case: Case, releases: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> Iterator[Trial]:
    """A project of the older version, in git; kept when the test fails."""
    monkeypatch.setattr(history, "history_path", lambda: releases)
    KEPT.mkdir(exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix=f"update-{case}-", dir=KEPT))
    failed = request.session.testsfailed
    found = Trial(case.variant, find_source(), folder, Terminal.of(sys.stdout), Interrupts())
    words: list[str | Path] = ["copy", "--quiet", "--defaults", "--vcs-ref", case.version]
    data = [part for key, value in case.variant.choices for part in ("--data", f"{key}={value}")]
    run(COPIER, *words, *data, releases, found.project, cwd=folder)
    git(found.project, "init", "-q", "-b", "main")
    commit(found.project)
    yield found
    if request.session.testsfailed == failed:
        shutil.rmtree(folder)


def make(project: Path, *words: str, **environment: str) -> str:
    done = run_make(project, *words, **environment)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def start_migration(project: Path, name: str) -> None:
    """By the project's own verb, which may read a developer's settings; they are gone after it."""
    settings = project / ".env"
    make(project, ".env")
    with settings.open("a") as end:
        end.write("\nOAUTH_CLIENT_SECRET=p5Jr0vXq2ZkWcT8s\n")  # no placeholder is taken
    make(project, "migration", f"name={name}")
    settings.unlink()


def run_make(project: Path, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    inherited = {key: value for key, value in os.environ.items() if key != "VIRTUAL_ENV"}
    return subprocess.run(
        ["make", *words], cwd=project, env={**inherited, **environment},
        capture_output=True, text=True, check=False, timeout=600,
    )  # fmt: skip


def refused(project: Path, *words: str, **environment: str) -> str:
    """All that a verb says that has to fail."""
    done = run_make(project, *words, **environment)
    assert done.returncode != 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def settings_of(project: Path, services: dict[str, str], stack: ExitStack) -> dict[str, str]:
    """What `make migrate` of the project needs."""
    description = load(project)
    provider = OpenIdProvider(OAUTH_REDIRECT_URI) if description.social else None
    return profiles.environment(
        "default",
        description,
        database_url=services["DATABASE_URL"],
        redis_url=services["REDIS_URL"],
        broker_url=services.get("BROKER_URL"),
        smtp_url="smtp://127.0.0.1:1",
        otlp_url="http://127.0.0.1:1",
        openid=provider and stack.enter_context(provider),
    )


def resolve(project: Path) -> None:
    """As a person does: what is in conflict becomes the template's, what is beside goes."""
    for name in git(project, "diff", "--name-only", "--diff-filter=U").splitlines():
        git(project, "checkout", "--theirs", "--", name)
    for path in [*project.rglob("*.new"), *project.rglob("*.orig")]:
        if not {".venv", "node_modules", ".git"} & set(path.relative_to(project).parts):
            path.unlink()


def test_updated_migrated_and_proven(
    case: Case, trial: Trial, roadbed: Roadbed, capfd: pytest.CaptureFixture[str]
) -> None:
    project = trial.project
    with ExitStack() as stack:
        services = start_services(stack, case.variant.answers["queue"])
        settings = settings_of(project, services, stack)
        make(project, "setup")
        case.work(project)
        commit(project)
        make(project, "migrate", **settings)
        insert_rows(services["DATABASE_URL"])
        ours = texts(project)

        outcome = roadbed("update", project, "--yes")
        assert outcome.code in {OK, CONFLICTS, SET_ASIDE}, outcome
        assert "set NOTES_LIMIT" in outcome.out
        django = case.variant.answers["framework"] == "django"
        brought = SQL if is_node(project) else DJANGO if django else ALEMBIC
        assert f"run make migrate, for {brought}" in outcome.out
        gone = [name for name in ours if not kept(project, name)]
        assert case.work is nothing or gone == [], "edits are gone"
        if case.work is nothing:
            assert outcome.code == OK
        if outcome.code != OK:
            resolve(project)
        if outcome.code == CONFLICTS:
            assert roadbed("update", project, "--continue").code == OK
        commit(project)

        make(project, "setup")
        settings = settings_of(project, services, stack)
        if django and case.work is not nothing:
            # An app with two newest migrations: the plan says what to do, and it is done.
            told = re.search(r"join them with 'python (manage.py .*)' before make", outcome.out)
            assert told, outcome.out
            assert "Conflicting migrations" in refused(project, "migrate", **settings)
            python = project / ".venv/bin/python"
            run(python, *told[1].split(), "--noinput", cwd=project, **settings)
            make(project, "format")
            commit(project)
        make(project, "migrate", **settings)
        make(project, "migrate", **settings)
        check_rows(services["DATABASE_URL"])
        assert roadbed("update", project, "--check").code == OK
        if case.work is not nothing:
            start_migration(project, "the_next_of_ours")
            make(project, "migrate", **settings)
            git(project, "clean", "-fdq")
    with capfd.disabled():
        trial.prove(CLAUSES)


def texts(project: Path) -> list[str]:
    """The files that hold something of the team's."""
    names = git(project, "ls-files").splitlines()
    return [name for name in names if OURS.search((project / name).read_text(errors="replace"))]


def kept(project: Path, name: str) -> bool:
    """The team's line is in the file, or in one beside it; a renamed file may have it, too."""
    found = [path for path in project.glob(f"{name}*") if path.is_file()]
    return any(OURS.search(path.read_text()) for path in found)


def insert_rows(dsn: str) -> None:
    user, post = str(uuid.uuid4()), str(uuid.uuid4())
    with psycopg.connect(dsn) as database:
        database.execute("INSERT INTO users (id, email, name) VALUES (%s, 'a@b.c', 'Ada')", [user])
        database.execute(
            "INSERT INTO posts (id, author_id, title, body) VALUES (%s, %s, 'One', 'text')",
            [post, user],
        )


def check_rows(dsn: str) -> None:
    with psycopg.connect(dsn) as database:
        row = database.execute(
            "SELECT name, title, pinned FROM users JOIN posts ON author_id = users.id"
        ).fetchall()
        assert row == [("Ada", "One", False)]
        assert database.execute("SELECT count(*) FROM notes").fetchall() == [(0,)]
