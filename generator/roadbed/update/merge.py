"""Three contents into one: what the template said, what the team made of it, what it says now."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

from roadbed.update.entries import Entry
from roadbed.update.git import attempt

# Copier's own labels, so that people and tools meet one kind of conflict.
OURS, BASE, THEIRS = "before updating", "last update", "after updating"
_SNIFFED = 8000
_MANY_CONFLICTS = 127


@dataclass(frozen=True)
class Merged:
    """`conflicts` counts the places where people must decide; they are marked in the entry."""

    entry: Entry
    conflicts: int = 0


def merge(base: Entry | None, ours: Entry, theirs: Entry) -> Merged | None:
    """One entry with both sides' changes; None when there is no way to write both into one."""
    executable = theirs.executable
    if base is None or ours.executable != base.executable:
        executable = ours.executable
    if ours.content == theirs.content or (base and theirs.content == base.content):
        return Merged(ours.with_executable(executable))
    if base and ours.content == base.content:
        taken = Entry(theirs.data, ours.executable, theirs.link, ours.mode)
        return Merged(taken.with_executable(executable))
    if ours.link or theirs.link or (base and base.link):
        return None
    merged = _merge_text(base.data if base else b"", ours.data, theirs.data)
    if merged is None:
        return None
    data, conflicts = merged
    entry = Entry(data, ours.executable, mode=ours.mode).with_executable(executable)
    return Merged(entry, conflicts)


def _merge_text(base: bytes, ours: bytes, theirs: bytes) -> tuple[bytes, int] | None:
    sides = (base, ours, theirs)
    if any(b"\0" in side[:_SNIFFED] for side in sides):
        return None
    ends = _line_ends(base, ours, theirs)
    if ends is not None:
        sides = (_unix(base), _unix(ours), _unix(theirs))
    result = _three_way(*sides)
    if result is None or ends in (None, b"\n"):
        return result
    return result[0].replace(b"\n", b"\r\n"), result[1]


def _three_way(base: bytes, ours: bytes, theirs: bytes) -> tuple[bytes, int] | None:
    if ours in (base, theirs):
        return theirs, 0
    if theirs == base:
        return ours, 0
    with tempfile.TemporaryDirectory(prefix="roadbed-merge-") as scratch:
        for name, data in (("ours", ours), ("base", base), ("theirs", theirs)):
            (Path(scratch) / name).write_bytes(data)
        labels = [part for label in (OURS, BASE, THEIRS) for part in ("-L", label)]
        done = attempt(
            Path(scratch), "merge-file", "-p", "--diff3", *labels, "ours", "base", "theirs"
        )
    if done.returncode > _MANY_CONFLICTS:
        return None
    return done.stdout, done.returncode


def _line_ends(base: bytes, ours: bytes, theirs: bytes) -> bytes | None:
    """How the result's lines end when each side has one way; None when a side mixes them."""
    found = [_ends_of(side) for side in (base, ours, theirs)]
    if None in found:
        return None
    in_base, in_ours, in_theirs = found
    if in_ours and in_ours != in_base:
        return in_ours
    return in_theirs or in_ours or b"\n"


def _ends_of(data: bytes) -> bytes | None:
    """b"" where there is no line end at all, None where there are both kinds."""
    lines, windows = data.count(b"\n"), data.count(b"\r\n")
    if not lines:
        return b""
    return {0: b"\n", lines: b"\r\n"}.get(windows)


def _unix(data: bytes) -> bytes:
    return data.replace(b"\r\n", b"\n")
