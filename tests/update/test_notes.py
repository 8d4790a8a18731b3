from __future__ import annotations

from pathlib import Path, PurePosixPath

from packaging.version import Version

from roadbed.update.entries import Entry
from roadbed.update.notes import changelog_between, migration_clashes
from roadbed.update.plan import make_plan
from tests.conftest import ROOT

TEXT = """# Changelog

Words.

## Unreleased

Not yet.

## [0.10.0] - 2026-03-01

Ten.

### Before you deploy

- Set X.

## 0.2.0 (2026-02-01)

Two.

## v0.1.0

One.
"""


def test_the_sections_after_one_version_up_to_another() -> None:
    between = changelog_between(TEXT, Version("0.1.0"), Version("0.10.0"))
    assert list(between) == ["0.10.0", "0.2.0"]
    assert between["0.10.0"] == "Ten.\n\n### Before you deploy\n\n- Set X."
    assert list(changelog_between(TEXT, Version("0.1.0.post3"), Version("0.2.0"))) == ["0.2.0"]
    assert changelog_between(TEXT, Version("0.10.0"), Version("0.10.0")) == {}
    assert changelog_between(TEXT, Version("0.1.0"), None) == {}
    assert changelog_between(None, None, Version("1")) == {}


def test_this_repositorys_changelog_has_what_plans_quote() -> None:
    sections = changelog_between((ROOT / "CHANGELOG.md").read_text(), None, Version("99"))
    assert sections
    for text in sections.values():
        assert "### In generated projects" in text
        assert "### Before you deploy" in text


DJANGO = b"from django.db import migrations\n\n\nclass Migration(migrations.Migration):\n    pass\n"
ALEMBIC = b'revision = "0002"\n'


def clashes(root: Path, own: dict[str, bytes], new: dict[str, bytes]) -> tuple[str, ...]:
    """Of a project that has the team's files, and gets the template's."""
    for name, data in own.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(data)
    theirs = {PurePosixPath(name): Entry(data) for name, data in new.items()}
    return migration_clashes(root, make_plan(root, {}, theirs), theirs)


def test_an_app_of_django_s_with_two_newest_migrations_is_told_once(tmp_path: Path) -> None:
    own = {"src/app/posts/migrations/0003_ours.py": DJANGO, "src/app/posts/migrations/x.py": b""}
    new = {
        "src/app/posts/migrations/0003_notes.py": DJANGO,
        "src/app/posts/migrations/0004_more.py": DJANGO,
        "src/app/users/migrations/0002_name.py": DJANGO,
    }
    (said,) = clashes(tmp_path, own, new)
    assert said == (
        "src/app/posts/migrations: 0003_notes.py, 0004_more.py beside your 0003_ours.py: join "
        "them with 'python manage.py makemigrations --merge' before make migrate"
    )


def test_elsewhere_only_the_same_identity_clashes(tmp_path: Path) -> None:
    own = {"migrations/versions/1234_ours.py": ALEMBIC}
    assert clashes(tmp_path, own, {"migrations/versions/0003_x.py": b'revision = "0003"\n'}) == ()
    (said,) = clashes(tmp_path, own, {"migrations/versions/0002_x.py": ALEMBIC})
    assert "have the same identity '0002'" in said
