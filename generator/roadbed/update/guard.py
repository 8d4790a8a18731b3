"""What keeps the team's work from being lost: free names, renamed files, obstacles, migrations."""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from roadbed.update.entries import Entry, look

# Less alike than this, and a new file is another file. git's own limit is 0.5; a wrong guess would
# merge edits into a file they do not belong to.
_ALIKE = 0.6
_MIGRATION = re.compile(r"(^|/)migrations?/(.+/)?[Vv]?\d[^/]*$")


@dataclass(frozen=True)
class Blocked:
    """`at` is what stands in the way: the path itself, or a folder of it that is none."""

    at: PurePosixPath


class Names:
    """Names for files that are kept beside others, none of them taken."""

    def __init__(self, root: Path, taken: Iterable[PurePosixPath]) -> None:
        self._root = root
        self._taken = set(taken)

    def free(self, path: PurePosixPath, suffix: str) -> PurePosixPath:
        """`path` with the suffix, and a number when that is taken."""
        return self.free_at(path, path, suffix)

    def free_at(self, path: PurePosixPath, at: PurePosixPath, suffix: str) -> PurePosixPath:
        """`path` with the suffix behind its part `at`: `a/b` at `a` becomes `a.new/b`."""
        rest = path.relative_to(at)
        number = 1
        while True:
            top = at.with_name(f"{at.name}{suffix}{number if number > 1 else ''}")
            name = top / rest
            if name not in self._taken and look(self._root, name) is None:
                self._taken.add(name)
                return name
            number += 1


def is_migration(path: PurePosixPath) -> bool:
    """A numbered file in a folder of migrations."""
    return _MIGRATION.search(path.as_posix()) is not None


def outlives(path: PurePosixPath, theirs: Iterable[PurePosixPath]) -> bool:
    """A migration stays when the template drops it, because a database may have run it; but not
    when nothing beside it is left: then nobody reads that folder any more."""
    return is_migration(path) and any(
        other.parent == path.parent and is_migration(other) for other in theirs
    )


def find_renames(
    gone: Mapping[PurePosixPath, Entry], added: Mapping[PurePosixPath, Entry]
) -> list[tuple[PurePosixPath, PurePosixPath]]:
    """Pairs of a path that went and the path its content came to, most alike first."""
    pairs = sorted(
        (
            (_likeness(before, after), old.name == new.name, old, new)
            for old, before in gone.items()
            for new, after in added.items()
            if old.suffix == new.suffix
        ),
        key=lambda pair: (-pair[0], not pair[1], pair[2], pair[3]),
    )
    found: list[tuple[PurePosixPath, PurePosixPath]] = []
    used: set[PurePosixPath] = set()
    for likeness, _, old, new in pairs:
        if likeness >= _ALIKE and not {old, new} & used:
            found.append((old, new))
            used |= {old, new}
    return found


def _likeness(one: Entry, other: Entry) -> float:
    """The share of lines two texts have in common, 0 to 1."""
    if one.link or other.link or b"\0" in one.data or b"\0" in other.data or not one.data:
        return 0.0
    lines = one.data.splitlines(), other.data.splitlines()
    matcher = difflib.SequenceMatcher(None, *lines, autojunk=False)
    return matcher.ratio() if matcher.real_quick_ratio() >= _ALIKE else 0.0


def unblock(root: Path, path: PurePosixPath, leaving: set[PurePosixPath]) -> Blocked | None:
    """What still stands in the way of `path` once `leaving` have left; None when nothing does."""
    for part in [*reversed(path.parents[:-1]), path]:
        full = root / part
        if part in leaving or not os.path.lexists(full):
            return None
        if part == path:
            return None if _empties(root, path, leaving) else Blocked(path)
        if full.is_symlink() or not full.is_dir():
            return Blocked(part)
    return None


def _empties(root: Path, folder: PurePosixPath, leaving: set[PurePosixPath]) -> bool:
    """Whether nothing is left in the folder once `leaving` have left."""
    if not (root / folder).is_dir() or (root / folder).is_symlink():
        return False
    for parent, folders, files in os.walk(root / folder):
        links = [name for name in folders if (Path(parent) / name).is_symlink()]
        here = PurePosixPath(Path(parent).relative_to(root).as_posix())
        if any(here / name not in leaving for name in [*files, *links]):
            return False
    return True
