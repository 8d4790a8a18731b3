"""Where the template comes from: this checkout, or what the wheel carries.

Both give the same tree. A checkout is read from its working files, but only those git would
commit: what tools leave behind (`__pycache__`, `target` …) is never part of a project.
"""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from roadbed.errors import SourceError

PACKAGED = Path(__file__).parent / "_template"
COMMIT_FILE = "COMMIT"
HISTORY_FILE = "history.bundle"


@dataclass(frozen=True)
class TemplateSource:
    """A template on disk.

    `files` are relative to `root`/template, in a stable order. `commit` is what Copier would
    record (`git describe --tags --always`), None where there is no git to ask. `dirty` says that
    the files differ from that commit. `url` is what a project records as its source, None for the
    template's own.
    """

    root: Path
    files: tuple[PurePosixPath, ...]
    commit: str | None
    dirty: bool
    url: str | None = None

    @property
    def questions_file(self) -> Path:
        return self.root / "copier.yml"


def find_source() -> TemplateSource:
    """The template this installation belongs to. Raises SourceError if there is none."""
    checkout = Path(__file__).resolve().parents[2]
    if (checkout / "copier.yml").is_file() and (checkout / "template").is_dir():
        return open_source(checkout)
    return open_source(PACKAGED)


def questions_path() -> Path:
    """copier.yml of this installation, without a look at git."""
    checkout = Path(__file__).resolve().parents[2] / "copier.yml"
    return checkout if checkout.is_file() else PACKAGED / "copier.yml"


def history_path() -> Path:
    """Every version this installation knows: its checkout, or the bundle in the wheel."""
    checkout = Path(__file__).resolve().parents[2]
    return checkout if (checkout / "copier.yml").is_file() else PACKAGED / HISTORY_FILE


def open_source(root: Path) -> TemplateSource:
    """The template at `root`, a git checkout or a plain folder. Raises SourceError."""
    if not (root / "copier.yml").is_file() or not (root / "template").is_dir():
        raise SourceError(f"no template at {root}: install roadbed again")
    if (root / ".git").exists():
        return _from_git(root)
    recorded = root / COMMIT_FILE
    commit = recorded.read_text(encoding="utf-8").strip() if recorded.is_file() else ""
    files = (path for path in (root / "template").rglob("*") if path.is_file())
    names = (PurePosixPath(path.relative_to(root / "template").as_posix()) for path in files)
    return TemplateSource(root, tuple(sorted(names)), commit or None, dirty=False)


def _from_git(root: Path) -> TemplateSource:
    listed = _git(root, "ls-files", "-z", "--cached", "--others", "--exclude-standard", "template")
    names = sorted(
        {PurePosixPath(name).relative_to("template") for name in listed.split("\0") if name}
    )
    files = tuple(name for name in names if (root / "template" / name).is_file())
    commit = _git(root, "describe", "--tags", "--always").strip()
    changed = _git(root, "status", "--porcelain", "--", "copier.yml", "template")
    return TemplateSource(root, files, commit, dirty=bool(changed.strip()))


def _git(root: Path, *arguments: str) -> str:
    # A checkout owned by another user is read, never run: trust it for this one command.
    command = ["git", "-c", f"safe.directory={root}", "-C", str(root), *arguments]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    except FileNotFoundError:
        raise SourceError(
            f"the template at {root} is a git checkout and git is not installed: install git"
        ) from None
    except subprocess.CalledProcessError as error:
        reason = (error.stderr.strip().splitlines() or ["git failed"])[-1]
        raise SourceError(f"git cannot read the template at {root}: {reason}") from error
    return done.stdout
