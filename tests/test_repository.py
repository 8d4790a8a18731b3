from __future__ import annotations

from pathlib import Path

import pytest

from roadbed.repository import create_repository
from tests.conftest import IDENTITY, run


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project of a user without any git configuration."""
    for name in IDENTITY:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    (tmp_path / "p").mkdir()
    (tmp_path / "p/x").write_text("x\n")
    return tmp_path / "p"


def test_without_an_identity_roadbed_signs(project: Path) -> None:
    create_repository(project, "First")
    assert run("git", "log", "--format=%s %an %cn", cwd=project) == "First roadbed roadbed\n"
    assert run("git", "branch", "--show-current", cwd=project) == "main\n"


def test_the_users_identity_signs(project: Path) -> None:
    run("git", "config", "--global", "user.email", "me@example.com", cwd=project)
    run("git", "config", "--global", "user.name", "Me", cwd=project)
    create_repository(project, "First")
    assert run("git", "log", "--format=%an <%ae>", cwd=project) == "Me <me@example.com>\n"


def test_hooks_and_signing_do_not_run(project: Path, tmp_path: Path) -> None:
    hook = tmp_path / "hooks/commit-msg"
    hook.parent.mkdir()
    hook.write_text("#!/bin/sh\nexit 1\n")
    hook.chmod(0o755)
    run("git", "config", "--global", "core.hooksPath", hook.parent, cwd=project)
    run("git", "config", "--global", "commit.gpgsign", "true", cwd=project)
    run("git", "config", "--global", "gpg.program", "/bin/false", cwd=project)
    create_repository(project, "First")
    assert run("git", "log", "--format=%s", cwd=project) == "First\n"


def test_another_repository_in_the_environment_is_left_alone(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A hook of another repository that calls roadbed has its GIT_DIR set."""
    other = tmp_path / "other"
    other.mkdir()
    run("git", "init", "-q", cwd=other)
    monkeypatch.setenv("GIT_DIR", str(other / ".git"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(other / ".git/index"))
    create_repository(project, "First")
    monkeypatch.delenv("GIT_DIR")
    monkeypatch.delenv("GIT_INDEX_FILE")
    assert (project / ".git").is_dir()
    assert run("git", "ls-files", cwd=other) == ""
