"""git, as a program: with the user's repository, never with the one a calling hook is in."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

from roadbed.errors import RepositoryError

_INHERITED = {
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_COMMON_DIR",
    "GIT_DIR",
    "GIT_INDEX_FILE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_PREFIX",
    "GIT_WORK_TREE",
}
_CREDENTIALS = re.compile(r"(?<=://)[^/@\s]+@")


def attempt(
    folder: Path, *arguments: str | Path, stdin: bytes | None = None, trusted: bool = False
) -> subprocess.CompletedProcess[bytes]:
    """Run git in `folder`, whatever its exit code. Raises RepositoryError when it is missing.

    `trusted` reads a repository that another user owns.
    """
    environment = {key: value for key, value in os.environ.items() if key not in _INHERITED}
    # Never ask for a password: there may be nobody to answer.
    environment.update(GIT_TERMINAL_PROMPT="0", GIT_OPTIONAL_LOCKS="0", LC_ALL="C")
    settings = ["-c", "core.quotepath=off", *(["-c", f"safe.directory={folder}"] * trusted)]
    command = ["git", *settings, *map(str, arguments)]
    try:
        return subprocess.run(
            command,
            cwd=folder,
            env=environment,
            input=stdin or b"",
            capture_output=True,
            check=False,
        )
    except FileNotFoundError:
        raise RepositoryError("git is not installed: install it") from None


def git(
    folder: Path, *arguments: str | Path, stdin: bytes | None = None, trusted: bool = False
) -> bytes:
    """What git prints. Raises RepositoryError with git's own complaint when it fails."""
    done = attempt(folder, *arguments, stdin=stdin, trusted=trusted)
    if done.returncode:
        raise RepositoryError(f"git {arguments[0]} failed: {reason(done)}")
    return done.stdout


def reason(done: subprocess.CompletedProcess[bytes]) -> str:
    """The line of git's complaint that says most, without credentials."""
    lines = (done.stderr or done.stdout).decode("utf-8", "replace").strip().splitlines()
    fatal = [line for line in lines if line.startswith(("fatal:", "error:"))]
    line = (fatal or lines or [f"exit {done.returncode}"])[0]
    return without_credentials(line)


def without_credentials(text: str) -> str:
    """`https://user:secret@host` as `https://host`."""
    return _CREDENTIALS.sub("", text)
