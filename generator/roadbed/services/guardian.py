"""Nothing left behind, even when this process is killed with SIGKILL.

A second process holds the other end of a pipe. As long as we live it only takes notes
(`+pid 4711`, `-pid 4711`, `+dir /tmp/x`, `+box name` …); when the pipe closes, however that came
about, it ends what is still on its list and removes the folders.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import IO

from roadbed.services import composition, processes

_lock = threading.Lock()
_pipe: IO[str] | None = None


def watch_process(pid: int) -> None:
    """End this process and its descendants when we are gone."""
    _note(f"+pid {pid}")


def forget_process(pid: int) -> None:
    """The process was ended in order."""
    _note(f"-pid {pid}")


def watch_folder(folder: Path) -> None:
    """Remove this folder when we are gone."""
    _note(f"+dir {folder}")


def forget_folder(folder: Path) -> None:
    """The folder was removed, or is to be kept."""
    _note(f"-dir {folder}")


def watch_composition(name: str) -> None:
    """Remove every container, network and volume of this Compose project when we are gone."""
    _note(f"+box {name}")


def forget_composition(name: str) -> None:
    """It was removed."""
    _note(f"-box {name}")


def _note(line: str) -> None:
    global _pipe
    with _lock:
        if _pipe is None:
            _pipe = _start()
        _pipe.write(line + "\n")
        _pipe.flush()


def _start() -> IO[str]:
    process = subprocess.Popen(
        [sys.executable, "-m", "roadbed.services.guardian"],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,  # Ctrl-C in the terminal is for us, not for the guardian
        cwd="/",
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )
    assert process.stdin is not None
    return process.stdin


def _guard(notes: IO[str]) -> None:
    pids: set[int] = set()
    folders: set[str] = set()
    compositions: set[str] = set()
    for note in notes:
        kind, _, value = note.strip().partition(" ")
        if kind == "+pid":
            pids.add(int(value))
        elif kind == "-pid":
            pids.discard(int(value))
        elif kind == "+dir":
            folders.add(value)
        elif kind == "-dir":
            folders.discard(value)
        elif kind == "+box":
            compositions.add(value)
        elif kind == "-box":
            compositions.discard(value)
    _clean(pids, folders)
    # Last: whoever was still adding to one is among the processes.
    for name in compositions:
        composition.remove(name)


def _clean(pids: set[int], folders: set[str]) -> None:
    trees = [processes.tree(pid) for pid in pids]
    members = [pid for tree in trees for pid in tree]
    processes.send(members, signal.SIGCONT)
    # PostgreSQL releases its shared memory on SIGQUIT, not on SIGKILL.
    processes.send(pids, signal.SIGQUIT)
    deadline = time.monotonic() + 2
    while time.monotonic() < deadline and any(processes.alive(pid) for pid in members):
        time.sleep(0.05)
    processes.send(members, signal.SIGKILL)
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _guard(sys.stdin)
