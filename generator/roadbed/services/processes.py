"""Process trees: finding a process's descendants and signalling all of them."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple


class Entry(NamedTuple):
    """One row of the process table."""

    pid: int
    parent: int
    name: str
    zombie: bool


def table() -> list[Entry]:
    """All processes of this machine."""
    if Path("/proc/self/stat").exists():
        return list(_from_proc())
    out = subprocess.run(
        ["ps", "-A", "-o", "pid=,ppid=,stat=,comm="], capture_output=True, text=True, check=True
    ).stdout
    rows = (line.split(None, 3) for line in out.splitlines())
    return [
        Entry(int(pid), int(parent), os.path.basename(name), stat.startswith("Z"))
        for pid, parent, stat, name in rows
    ]


def _from_proc() -> Iterable[Entry]:
    for name in os.listdir("/proc"):
        if not name.isdigit():
            continue
        try:
            stat = Path("/proc", name, "stat").read_text("utf-8", "replace")
        except OSError:  # it ended while we looked
            continue
        head, _, tail = stat.rpartition(")")
        fields = tail.split()
        yield Entry(int(name), int(fields[1]), head.partition("(")[2], fields[0] == "Z")


def tree(pid: int) -> list[int]:
    """The process and all its descendants, parents first."""
    by_parent: dict[int, list[int]] = {}
    for entry in table():
        by_parent.setdefault(entry.parent, []).append(entry.pid)
    found = [pid]
    for member in found:
        found.extend(by_parent.get(member, []))
    return found


def send(pids: Iterable[int], number: signal.Signals) -> None:
    """Signal each; those that are gone already are none of our business."""
    for pid in pids:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(pid, number)


def alive(pid: int) -> bool:
    """Whether a process exists and is not a zombie."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return not any(entry.pid == pid and entry.zombie for entry in table())
