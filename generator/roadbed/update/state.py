"""An update under way: kept beside git's own files, to be finished or taken back later."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from roadbed.errors import ProjectError
from roadbed.update import index, journal
from roadbed.update.faults import storage_fault
from roadbed.update.merge import OURS, THEIRS
from roadbed.update.plan import Write
from roadbed.update.project import Repository

_MARKERS = (f"<<<<<<< {OURS}".encode(), f">>>>>>> {THEIRS}".encode())


@dataclass(frozen=True)
class Pending:
    """An update that was applied in part, or waits for people to resolve its conflicts."""

    repository: Repository
    journal: journal.Journal

    @property
    def notes(self) -> dict[str, Any]:
        return self.journal.notes

    @property
    def target(self) -> str:
        return str(self.notes["to"])

    def advance(self) -> None:
        """Do what is not done yet. Raises OSError, ProjectError or RepositoryError."""
        self.journal.redo()
        # Once only: people may have resolved conflicts in the index since.
        marked = self.journal.folder / "marked"
        if not marked.exists():
            index.mark(self.repository, self.notes["stages"])
            marked.touch()

    def close(self) -> None:
        """The update is over, and stays. Raises WritingError, and can be called again then."""
        try:
            self.journal.forget()
        except OSError as error:
            raise storage_fault(
                error, "everything is updated; run roadbed update --continue to close"
            ) from error

    def finish(self) -> tuple[str, ...]:
        """Do what is left; gives the paths people have yet to resolve, and is over when none are.

        Raises ProjectError or WritingError, and can be called again then.
        """
        try:
            self.advance()
        except ProjectError as error:
            raise ProjectError(
                f"{error.faults[0].split(' changed ')[0]} changed since the update was cut short: "
                "put everything back with roadbed update --abort"
            ) from error
        except OSError as error:
            raise storage_fault(error, "try again, or use --abort") from error
        unresolved = self.unresolved()
        if not unresolved:
            index.settle(self.repository, self.notes["stages"])
            self.close()
        return unresolved

    def unresolved(self) -> tuple[str, ...]:
        """Files that still hold conflict markers, and template's versions still kept beside."""
        root = self.journal.root
        marked = [name for name in self.notes["conflicts"] if _holds_markers(root / name)]
        return tuple(
            marked + [name for name in self.notes["beside"] if os.path.lexists(root / name)]
        )

    def abort(self) -> None:
        """Put everything back. Raises WritingError, and can be called again then."""
        try:
            self.journal.undo()
            index.unmark(self.repository, self.notes["stages"])
            self.journal.forget()
        except OSError as error:
            raise storage_fault(error, "run roadbed update --abort") from error


def find_pending(root: Path, repository: Repository) -> Pending | None:
    """The update under way in this project, if there is one. Raises ProjectError."""
    found = journal.load(_home(root, repository) / "update", root)
    return Pending(repository, found) if found else None


def start(
    root: Path, repository: Repository, writes: Sequence[Write], notes: dict[str, Any]
) -> Pending:
    """Write an update down; nothing of it is applied yet. Raises WritingError."""
    folder = _home(root, repository) / "update"
    try:
        return Pending(repository, journal.prepare(folder, root, writes, notes))
    except OSError as error:
        raise storage_fault(error, "nothing was changed") from error


@contextmanager
def alone(root: Path, repository: Repository) -> Iterator[None]:
    """No other roadbed works on the project meanwhile; what a killed one left is swept away."""
    home = _home(root, repository)
    try:
        home.mkdir(parents=True, exist_ok=True)
        handle = os.open(home / "lock", os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise storage_fault(error, "nothing was changed") from error
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ProjectError(
                f"another roadbed is updating {root}: wait until it is done"
            ) from None
        for left in [*home.glob("preparing-*"), *home.glob("*.done")]:
            shutil.rmtree(left, ignore_errors=True)
        yield
    finally:
        os.close(handle)


def _home(root: Path, repository: Repository) -> Path:
    """A repository may hold many projects: each has a folder of its own."""
    place = PurePosixPath(root.relative_to(repository.top).as_posix())
    key = hashlib.sha256(str(place).encode()).hexdigest()[:16]
    return repository.git_dir / "roadbed" / key


def _holds_markers(path: Path) -> bool:
    if path.is_symlink() or not path.is_file():
        return False
    return any(line.rstrip() in _MARKERS for line in path.read_bytes().splitlines())
