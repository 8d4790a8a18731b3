"""`make lint` of a project refuses what a merge or an update leaves for people to resolve."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import IDENTITY, run

MARKED = "a = 1\n<<<<<<< before updating\nb = 1\n=======\nb = 2\n>>>>>>> after updating\n"


def in_no_repository(top: Path) -> Path:
    return top / "project"


def in_its_own(top: Path) -> Path:
    run("git", "init", "-q", top / "project", cwd=top)
    return top / "project"


def in_a_monorepo(top: Path) -> Path:
    """The rest of the repository is not the project's business."""
    (top / "others.py").write_text(MARKED)
    (top / "others.rej").write_text("x\n")
    run("git", "init", "-q", cwd=top)
    return top / "project"


@pytest.fixture(params=[in_no_repository, in_its_own, in_a_monorepo], ids=lambda each: each.__name__)
def project(request: pytest.FixtureRequest, default_project: Path, tmp_path: Path) -> Path:
    place: Callable[[Path], Path] = request.param
    shutil.copytree(default_project, tmp_path / "project")
    folder = place(tmp_path)
    # What an installation brings along is ignored by git, and here.
    (folder / ".venv").mkdir()
    (folder / ".venv/package.py").write_text(MARKED)
    (folder / ".venv/package.py.orig").write_text("x\n")
    return folder


def look(project: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["make", "-s", "leftovers", *words],
        cwd=project,
        capture_output=True,
        text=True,
        check=False,
    )


def test_lint_looks_for_leftovers(default_project: Path) -> None:
    done = run("make", "-n", "lint", cwd=default_project)
    assert "git grep" in done
    assert done.index("git grep") < done.index("ruff check")


def test_a_project_as_it_was_made_passes(project: Path) -> None:
    done = look(project)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("src/app/ids.py", MARKED),
        ("new.md", MARKED.replace("\n", "\r\n")),
        ("Makefile.rej", "x\n"),
        ("src/app/ids.py.orig", "x\n"),
        ("src/app/ids.py.orig2", "x\n"),
        (".env.example.new", "x\n"),
        ("logo.png.new", b"\0\1\2"),
        ("folder.new/file.txt", "x\n"),
        ("with a space.txt.rej", "x\n"),
    ],
)
@pytest.mark.parametrize("committed", [False, True])
def test_each_leftover_is_refused_by_name(
    project: Path, name: str, content: str | bytes, committed: bool
) -> None:
    (project / name).parent.mkdir(exist_ok=True)
    (project / name).write_bytes(content.encode() if isinstance(content, str) else content)
    if committed and (project / ".git").exists():
        run("git", "add", "--all", cwd=project)
        run("git", "commit", "-q", "--no-verify", "-m", "x", cwd=project, **IDENTITY)
    done = look(project)
    assert done.returncode == 2
    assert name in done.stderr
    assert "others" not in done.stderr
    assert ".venv" not in done.stderr


@pytest.mark.parametrize("name", ["renewed.py", "a.news", "original.py", "a.orig.py", "brand.new.py"])
def test_a_name_that_only_looks_like_one_passes(project: Path, name: str) -> None:
    (project / name).write_text("=======\nheading\n=======\n>>> 1\n")
    assert look(project).returncode == 0


def test_without_git_it_says_so_and_fails(default_project: Path) -> None:
    """A check that cannot look must not pass."""
    done = look(default_project, "SHELL=/bin/sh", "PATH=/nonexistent")
    assert done.returncode == 2
    assert "git" in done.stderr
