"""Apply many writes as one: all of them happen, or none, whatever stops the work.

Everything that takes room is written first, beside git's own files. From then on only moves are
made: the file that stands at a path goes into the journal, the prepared one comes out. Each file
is therefore always in exactly one place, so that what is done can be read off the disk, and be
finished or undone after any failure, also after a SIGKILL.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from roadbed.errors import ProjectError
from roadbed.update.entries import Entry, look, write
from roadbed.update.plan import Write

_RECORD = "journal.json"


@dataclass(frozen=True)
class Step:
    """One path. `digest` is of what stands there before, None when nothing does."""

    path: PurePosixPath
    digest: str | None
    writes: bool


@dataclass(frozen=True)
class Journal:
    """Steps under way in the project at `root`, kept in `folder`. `notes` are the caller's."""

    folder: Path
    root: Path
    steps: tuple[Step, ...]
    folders: tuple[PurePosixPath, ...]
    notes: dict[str, Any]

    def redo(self) -> None:
        """Do every step that is not done.

        Raises OSError, and ProjectError for a file that is not what the plan saw.
        """
        for number, step in enumerate(self.steps):
            self._take_away(number, step)
        for number, step in enumerate(self.steps):
            prepared = self._new(number)
            if not os.path.lexists(prepared):
                continue
            target = self.root / step.path
            _remove_empty_tree(target)
            if os.path.lexists(target):
                raise _changed(step.path)
            target.parent.mkdir(parents=True, exist_ok=True)
            _move(prepared, target)

    def _take_away(self, number: int, step: Step) -> None:
        kept, target = self._old(number), self.root / step.path
        if step.digest is None or os.path.lexists(kept):
            return
        found = look(self.root, step.path)
        if not isinstance(found, Entry) or _digest(found) != step.digest:
            raise _changed(step.path)
        _move(target, kept)
        if not step.writes:
            _remove_empty_parents(self.root, step.path)

    def undo(self) -> None:
        """Put everything back as it was. Raises OSError; may be called again after that."""
        for number, step in reversed(list(enumerate(self.steps))):
            target = self.root / step.path
            if step.writes and not os.path.lexists(self._new(number)) and os.path.lexists(target):
                _move(target, self._new(number))
        for parent in reversed(self.folders):
            with suppress(OSError):
                (self.root / parent).rmdir()
        for number, step in enumerate(self.steps):
            target, kept = self.root / step.path, self._old(number)
            if not os.path.lexists(kept):
                continue
            if os.path.lexists(target):
                # Somebody has made a file where the update had removed one.
                _move(target, _free(target))
            target.parent.mkdir(parents=True, exist_ok=True)
            _move(kept, target)

    def forget(self) -> None:
        """Remove the journal: what it did stays."""
        grave = self.folder.with_name(f"{self.folder.name}.done")
        shutil.rmtree(grave, ignore_errors=True)
        self.folder.rename(grave)
        shutil.rmtree(grave, ignore_errors=True)

    def _new(self, number: int) -> Path:
        return self.folder / "new" / str(number)

    def _old(self, number: int) -> Path:
        return self.folder / "old" / str(number)


def prepare(folder: Path, root: Path, writes: Sequence[Write], notes: dict[str, Any]) -> Journal:
    """Write everything down in `folder`, which must not exist; the project is not touched.

    Raises OSError, and leaves nothing behind then.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    staging = Path(tempfile.mkdtemp(prefix="preparing-", dir=folder.parent))
    try:
        for name in ("new", "old"):
            (staging / name).mkdir()
        steps = []
        for number, planned in enumerate(writes):
            if planned.entry is not None:
                write(staging / "new" / str(number), planned.entry)
            before = None if planned.before is None else _digest(planned.before)
            steps.append(Step(planned.path, before, planned.entry is not None))
        journal = Journal(folder, root, tuple(steps), _missing_folders(root, steps), notes)
        _save(staging / _RECORD, journal)
        staging.rename(folder)
    except BaseException:
        shutil.rmtree(staging, ignore_errors=True)
        raise
    return journal


def load(folder: Path, root: Path) -> Journal | None:
    """The journal kept in `folder`, None when there is none. Raises ProjectError if damaged."""
    try:
        data = json.loads((folder / _RECORD).read_text("utf-8"))
        steps = tuple(
            Step(PurePosixPath(step["path"]), step["digest"], step["writes"])
            for step in data["steps"]
        )
        folders = tuple(PurePosixPath(name) for name in data["folders"])
        return Journal(folder, root, steps, folders, data["notes"])
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError) as error:
        raise ProjectError(
            f"the record of an update under way, {folder / _RECORD}, is damaged: run "
            f"git stash --include-untracked in the project and remove {folder}"
        ) from error


def _save(path: Path, journal: Journal) -> None:
    data = {
        "steps": [
            {"path": step.path.as_posix(), "digest": step.digest, "writes": step.writes}
            for step in journal.steps
        ],
        "folders": [folder.as_posix() for folder in journal.folders],
        "notes": journal.notes,
    }
    with open(path, "w", encoding="utf-8") as file:
        json.dump(data, file)
        file.flush()
        os.fsync(file.fileno())


def _missing_folders(root: Path, steps: Sequence[Step]) -> tuple[PurePosixPath, ...]:
    """The folders the steps will make, parents first."""
    parents = {parent for step in steps if step.writes for parent in step.path.parents[:-1]}
    missing = {parent for parent in parents if not (root / parent).is_dir()}
    return tuple(sorted(missing, key=lambda parent: parent.parts))


def _move(source: Path, target: Path) -> None:
    """Rename; between file systems copy, by way of a name of its own, so that it is never half."""
    try:
        os.rename(source, target)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        part = target.with_name(f".{target.name[:200]}.roadbed-part")
        with suppress(FileNotFoundError):
            part.unlink()
        shutil.copy2(source, part, follow_symlinks=False)
        os.replace(part, target)
        source.unlink()


def _free(path: Path) -> Path:
    name = path.with_name(f"{path.name}.orig")
    while os.path.lexists(name):
        name = name.with_name(f"{name.name}~")
    return name


def _digest(entry: Entry) -> str:
    kind = b"link" if entry.link else b"run" if entry.executable else b"file"
    return hashlib.sha256(kind + b"\0" + entry.data).hexdigest()


def _changed(path: PurePosixPath) -> ProjectError:
    return ProjectError(f"{path} changed while the update ran; nothing was changed: try again")


def _remove_empty_parents(root: Path, path: PurePosixPath) -> None:
    for parent in path.parents[:-1]:
        try:
            (root / parent).rmdir()
        except OSError:
            return


def _remove_empty_tree(folder: Path) -> None:
    """Remove a folder that holds nothing but folders; leave anything else as it is."""
    if folder.is_symlink() or not folder.is_dir():
        return
    for parent, _, files in os.walk(folder, topdown=False):
        if files:
            return
        with suppress(OSError):
            os.rmdir(parent)
