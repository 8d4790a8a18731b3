"""What stands at a path: a file, a link, nothing, or something that is in the way."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

_EXECUTABLE = 0o111


@dataclass(frozen=True)
class Entry:
    """A file's bytes, or a link's target. Two are equal when git would see no difference.

    `mode` is kept for files that stay, and is not compared: git knows only the executable bit.
    """

    data: bytes
    executable: bool = False
    link: bool = False
    mode: int = field(default=0o644, compare=False)

    @property
    def content(self) -> tuple[bool, bytes]:
        return self.link, self.data

    def with_executable(self, executable: bool) -> Entry:
        """The same content; the mode's other bits stay."""
        if self.link or executable == self.executable:
            return self
        # Whoever may read a program may run it.
        bits = (self.mode & 0o444) >> 2 if executable else 0
        return Entry(self.data, executable, False, (self.mode & ~_EXECUTABLE) | bits)


@dataclass(frozen=True)
class Obstacle:
    """Something at `at` (the path itself or a folder above it) keeps a file from standing there."""

    at: PurePosixPath


def look(root: Path, path: PurePosixPath) -> Entry | Obstacle | None:
    """What stands at `root`/`path`; never follows a link. Raises OSError."""
    for parent in reversed(path.parents[:-1]):
        try:
            info = os.lstat(root / parent)
        except FileNotFoundError:
            return None
        if not stat.S_ISDIR(info.st_mode):
            return Obstacle(parent)
    full = root / path
    try:
        info = os.lstat(full)
    except FileNotFoundError:
        return None
    if stat.S_ISLNK(info.st_mode):
        return Entry(os.fsencode(os.readlink(full)), link=True)
    if not stat.S_ISREG(info.st_mode):
        return Obstacle(path)
    mode = stat.S_IMODE(info.st_mode)
    return Entry(full.read_bytes(), bool(mode & stat.S_IXUSR), mode=mode)


def read_tree(root: Path, files: Iterable[Path]) -> dict[PurePosixPath, Entry]:
    """Every one of `files` (relative to `root`), which a render has just written."""
    tree: dict[PurePosixPath, Entry] = {}
    for file in files:
        path = PurePosixPath(file.as_posix())
        entry = look(root, path)
        assert isinstance(entry, Entry), path
        tree[path] = entry
    return tree


def write(path: Path, entry: Entry) -> None:
    """Make `path`, which must be free, with that content and mode."""
    if entry.link:
        os.symlink(os.fsdecode(entry.data), path)
        return
    with open(path, "xb") as file:
        file.write(entry.data)
    path.chmod(entry.mode)
