"""The project's git repository: made with it, with everything in one first commit."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from roadbed.errors import RepositoryError

BRANCH = "main"
FALLBACK_IDENTITY = {"NAME": "roadbed", "EMAIL": "roadbed@localhost"}


def require_git() -> None:
    """Raises RepositoryError when git is not installed, before anything is written."""
    if shutil.which("git") is None:
        raise RepositoryError("git is not installed: install it, or add --no-git")


def create_repository(project: Path, message: str) -> None:
    """Initialise git in `project` and commit all of it. Raises RepositoryError.

    The user's hooks and signing do not run: a passphrase prompt or a linter's veto has no
    business in a commit nobody wrote. Without an identity of their own, roadbed signs.
    """
    environment = _environment()
    for command in (
        ["init", "--quiet", f"--initial-branch={BRANCH}"],
        ["add", "--all"],
        ["commit", "--quiet", "--no-verify", "--message", message],
    ):
        _git(project, command, environment)


_SETTINGS = {
    "commit.gpgsign": "false",
    "core.autocrlf": "false",
    "core.hooksPath": os.devnull,
    "gc.auto": "0",
}


def _git(project: Path, command: list[str], environment: dict[str, str]) -> None:
    settings = [part for key, value in _SETTINGS.items() for part in ("-c", f"{key}={value}")]
    done = subprocess.run(
        ["git", *settings, *command],
        cwd=project,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        lines = (done.stderr or done.stdout).strip().splitlines() or [f"exit {done.returncode}"]
        raise RepositoryError(f"git {command[0]} failed: {lines[-1]}; mend it, or add --no-git")


def _environment() -> dict[str, str]:
    """Without GIT_DIR and its kin, which a hook that calls us would set to another repository."""
    environment = {
        key: value
        for key, value in os.environ.items()
        if key not in {"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX"}
    }
    if not _has_identity():
        for role in ("AUTHOR", "COMMITTER"):
            for part, value in FALLBACK_IDENTITY.items():
                environment.setdefault(f"GIT_{role}_{part}", value)
    return environment


def _has_identity() -> bool:
    if os.environ.get("GIT_AUTHOR_EMAIL") and os.environ.get("GIT_COMMITTER_EMAIL"):
        return True
    found = subprocess.run(
        ["git", "config", "--get", "user.email"], capture_output=True, check=False
    )
    return found.returncode == 0
