from __future__ import annotations

from pathlib import Path, PurePosixPath

import pytest

from roadbed.update.entries import Entry
from roadbed.update.guard import Names, find_renames, is_migration, outlives
from tests.update.released import text


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("migrations/versions/0001_initial.py", True),
        ("src/app/migrations/0002_more.py", True),
        ("src/main/resources/db/migration/V1__init.sql", True),
        ("migrations/20260101120000_users.sql", True),
        ("migrations/env.py", False),
        ("migrations/script.py.mako", False),
        ("docs/0001-decision.md", False),
        ("mymigrations/0001.sql", False),
    ],
)
def test_what_a_database_may_have_run(path: str, expected: bool) -> None:
    assert is_migration(PurePosixPath(path)) is expected


def test_a_migration_stays_while_there_are_others_beside_it() -> None:
    """Nobody reads a folder that has none: the tool went, or the app it was for."""
    path = PurePosixPath("migrations/versions/0003_tokens.py")
    assert outlives(path, [PurePosixPath("migrations/versions/0001_initial.py")])
    assert not outlives(path, [PurePosixPath("app/users/migrations/0001_initial.py")])
    assert not outlives(path, [PurePosixPath("migrations/versions/README.md")])
    assert not outlives(path.with_name("env.py"), [path])


def test_a_file_is_the_one_it_is_most_like() -> None:
    old = {PurePosixPath("a.py"): Entry(text("one").encode())}
    new = {
        PurePosixPath("b.py"): Entry(text("two").encode()),
        PurePosixPath("c.py"): Entry(text("one", 3).encode()),
        PurePosixPath("c.txt"): Entry(text("one").encode()),
    }
    assert find_renames(old, new) == [(PurePosixPath("a.py"), PurePosixPath("c.py"))]
    del new[PurePosixPath("c.py")]
    assert find_renames(old, new) == []


def test_names_beside_are_never_taken(tmp_path: Path) -> None:
    (tmp_path / "a.orig").touch()
    (tmp_path / "folder.new").touch()
    names = Names(tmp_path, [PurePosixPath("a.orig2")])
    assert names.free(PurePosixPath("a"), ".orig") == PurePosixPath("a.orig3")
    assert names.free(PurePosixPath("a"), ".orig") == PurePosixPath("a.orig4")
    inside = PurePosixPath("folder/x/y")
    assert names.free_at(inside, PurePosixPath("folder"), ".new") == PurePosixPath(
        "folder.new2/x/y"
    )
