"""What an update does to each path, decided before anything is written.

Three trees are compared: `base`, the version the project was made from, rendered with its answers;
`theirs`, the version it goes to; and the project itself. A path in neither render is the team's own
and is never looked at, unless it stands where the template needs to write.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path, PurePosixPath

import yaml

from roadbed.answers_file import USUAL
from roadbed.update.entries import Entry, Obstacle, look
from roadbed.update.guard import Blocked, Names, find_renames, outlives, unblock
from roadbed.update.merge import merge

Tree = Mapping[PurePosixPath, Entry]


class Kind(StrEnum):
    """What happens to a path. The value is what a report calls it."""

    ADDED = "added"
    CHANGED = "changed"
    MERGED = "merged"
    MOVED = "moved"
    REMOVED = "removed"
    CONFLICT = "conflict"
    BESIDE = "beside"
    SET_ASIDE = "set aside"
    LEFT_OUT = "left out"
    RETAINED = "retained"


@dataclass(frozen=True)
class Write:
    """`entry` will stand at `path`; None removes what is there. `before` is what stands there."""

    path: PurePosixPath
    entry: Entry | None
    before: Entry | None


@dataclass(frozen=True)
class Change:
    """What happens to one path.

    `other` is a second path: where the team's version goes (SET_ASIDE), where the template's goes
    (BESIDE), or where the file came from (MOVED, and a CONFLICT after a move). `sides` are base,
    ours and theirs of a CONFLICT.
    """

    path: PurePosixPath
    kind: Kind
    writes: tuple[Write, ...] = ()
    other: PurePosixPath | None = None
    sides: tuple[Entry | None, Entry, Entry] | None = None


@dataclass(frozen=True)
class Plan:
    """Every change, in the order of its paths."""

    changes: tuple[Change, ...]

    def of(self, *kinds: Kind) -> tuple[Change, ...]:
        return tuple(change for change in self.changes if change.kind in kinds)

    @property
    def writes(self) -> tuple[Write, ...]:
        return tuple(write for change in self.changes for write in change.writes)

    @property
    def unresolved(self) -> tuple[Change, ...]:
        """What people must decide."""
        return self.of(Kind.CONFLICT, Kind.BESIDE)


def make_plan(root: Path, base: Tree, theirs: Tree, answers: PurePosixPath = USUAL) -> Plan:
    """Compare the project at `root` with both renders. Raises OSError.

    `answers` is where its answers are recorded.
    """
    paths = sorted(base.keys() | theirs.keys())
    ours = {path: look(root, path) for path in paths if base.get(path) != theirs.get(path)}
    names = Names(root, ours.keys() | theirs.keys())
    changes: dict[PurePosixPath, Change] = {}
    waiting: list[PurePosixPath] = []
    for path, found in ours.items():
        if isinstance(found, Obstacle):
            waiting.append(path)
            continue
        if found is not None and path not in theirs and outlives(path, theirs):
            changes[path] = Change(path, Kind.RETAINED)
            continue
        change = decide(path, base.get(path), found, theirs.get(path), names, answers)
        if change is not None:
            changes[path] = change
    _follow_renames(changes, base, theirs)
    _settle_obstacles(root, changes, waiting, base, theirs, names)
    return Plan(tuple(changes[path] for path in sorted(changes)))


def decide(
    path: PurePosixPath,
    base: Entry | None,
    ours: Entry | None,
    theirs: Entry | None,
    names: Names,
    answers: PurePosixPath,
) -> Change | None:
    """What happens at `path`; None when nothing does."""
    if theirs in (base, ours):
        return None
    if ours is None:
        kind = Kind.ADDED if base is None else Kind.LEFT_OUT
        return Change(path, kind, (Write(path, theirs, None),) if base is None else ())
    if theirs is None:
        if ours == base:
            return Change(path, Kind.REMOVED, (Write(path, None, ours),))
        return set_aside(path, ours, None, names)
    if path == answers:
        return _answers(path, base, ours, theirs, names)
    if ours == base:
        taken = Entry(theirs.data, ours.executable, theirs.link, ours.mode)
        entry = taken.with_executable(theirs.executable)
        return Change(path, Kind.CHANGED, (Write(path, entry, ours),))
    return _combine(path, base, ours, theirs, names)


def _combine(
    path: PurePosixPath, base: Entry | None, ours: Entry, theirs: Entry, names: Names
) -> Change | None:
    merged = merge(base, ours, theirs)
    if merged is None:
        return beside(path, Blocked(path), theirs, names)
    if merged.entry == ours:
        return None
    writes = (Write(path, merged.entry, ours),)
    if merged.conflicts:
        return Change(path, Kind.CONFLICT, writes, sides=(base, ours, theirs))
    return Change(path, Kind.MERGED, writes)


def _answers(
    path: PurePosixPath, base: Entry | None, ours: Entry, theirs: Entry, names: Names
) -> Change | None:
    """The answers file must say what the new version recorded, whatever was added to it."""
    merged = merge(base, ours, theirs)
    if merged is not None and not merged.conflicts and _says_the_same(merged.entry, theirs):
        kind = Kind.CHANGED if ours == base else Kind.MERGED
        return Change(path, kind, (Write(path, merged.entry, ours),))
    return set_aside(path, ours, theirs, names)


def _says_the_same(one: Entry, other: Entry) -> bool:
    try:
        return bool(yaml.safe_load(one.data) == yaml.safe_load(other.data))
    except (yaml.YAMLError, UnicodeDecodeError):
        return False


def set_aside(path: PurePosixPath, ours: Entry, theirs: Entry | None, names: Names) -> Change:
    """The template's version in place, the team's beside it."""
    other = names.free(path, ".orig")
    writes = (Write(path, theirs, ours), Write(other, ours, None))
    return Change(path, Kind.SET_ASIDE, writes, other)


def beside(path: PurePosixPath, blocked: Blocked, theirs: Entry, names: Names) -> Change:
    """The team's version in place, the template's beside it."""
    other = names.free_at(path, blocked.at, ".new")
    return Change(path, Kind.BESIDE, (Write(other, theirs, None),), other)


def _follow_renames(changes: dict[PurePosixPath, Change], base: Tree, theirs: Tree) -> None:
    """Bring the team's edits along to a file the template has given another name."""
    edited = [path for path, change in changes.items() if _is_dropped_edit(change)]
    added = [path for path, change in changes.items() if change.kind is Kind.ADDED]
    for old, new in find_renames(
        {path: base[path] for path in edited}, {path: theirs[path] for path in added}
    ):
        ours = changes[old].writes[0].before
        assert ours is not None
        merged = merge(base[old], ours, theirs[new])
        if merged is None:
            continue
        writes = (Write(old, None, ours), Write(new, merged.entry, None))
        kind = Kind.CONFLICT if merged.conflicts else Kind.MOVED
        sides = (base[old], ours, theirs[new]) if merged.conflicts else None
        changes[new] = Change(new, kind, writes, old, sides)
        del changes[old]


def _is_dropped_edit(change: Change) -> bool:
    return change.kind is Kind.SET_ASIDE and change.writes[0].entry is None


def _settle_obstacles(
    root: Path,
    changes: dict[PurePosixPath, Change],
    waiting: list[PurePosixPath],
    base: Tree,
    theirs: Tree,
    names: Names,
) -> None:
    """Paths something stands in the way of: free when this update itself removes it."""
    writes = [write for change in changes.values() for write in change.writes]
    leaving = {write.path for write in writes if write.entry is None}
    filled = {parent for write in writes if write.entry for parent in write.path.parents}
    for path in waiting:
        entry = theirs.get(path)
        if entry is None:
            continue
        blocked = Blocked(path) if path in filled else unblock(root, path, leaving)
        if path in base:
            # The team has put something else in the file's place.
            changes[path] = Change(path, Kind.LEFT_OUT)
        elif blocked is None:
            changes[path] = Change(path, Kind.ADDED, (Write(path, entry, None),))
        else:
            changes[path] = beside(path, blocked, entry, names)
