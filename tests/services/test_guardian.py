"""Servers end with the program, even when it is killed with SIGKILL."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

_PROGRAM = """
import os, signal
from roadbed.services import Postgres, Redis
postgres, redis = Postgres.start(), Redis.start()
print(*postgres.pids, *redis.pids, flush=True)
print(postgres.folder, redis.folder, flush=True)
postgres.pause()
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_nothing_survives_sigkill() -> None:
    run = subprocess.run([sys.executable, "-c", _PROGRAM], capture_output=True, text=True)
    pids, folders = run.stdout.splitlines()
    left = [Path(f"/proc/{pid}") for pid in pids.split()] + [Path(name) for name in folders.split()]
    deadline = time.monotonic() + 15
    while time.monotonic() < deadline and any(path.exists() for path in left):
        time.sleep(0.1)
    assert [path for path in left if path.exists()] == []
