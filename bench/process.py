"""A process under measurement: its start, its CPU time and its memory."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import NamedTuple, Self

from bench.faults import BenchError
from roadbed.services import guardian, processes

BOOT_WITHIN = 30.0
_TICKS = os.sysconf("SC_CLK_TCK")


class Cost(NamedTuple):
    """Of one run: seconds on the clock, and CPU seconds (user and system, children included)."""

    wall: float
    cpu: float


def run_to_end(command: Sequence[str], cwd: Path, env: Mapping[str, str]) -> Cost:
    """Run a command. Raises BenchError with its own words unless it ends with 0."""
    started = time.perf_counter()
    process = subprocess.Popen(
        command, cwd=cwd, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    said = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    process.stdout.close()
    if process.returncode != 0:
        tail = " / ".join(said.strip().splitlines()[-3:])
        raise BenchError(f"{' '.join(command[:3])} ended with {process.returncode}: {tail}")
    return Cost(wall, usage.ru_utime + usage.ru_stime)


def _ticks(pid: int) -> int:
    stat = Path("/proc", str(pid), "stat").read_text("utf-8").rpartition(")")[2].split()
    return int(stat[11]) + int(stat[12])


def _proportional_bytes(pid: int) -> int:
    rollup = Path("/proc", str(pid), "smaps_rollup").read_text("utf-8")
    return next(int(row.split()[1]) * 1024 for row in rollup.splitlines() if row[:4] == "Pss:")


class Server:
    """A process that serves HTTP on a port of 127.0.0.1 while the block lasts."""

    def __init__(
        self, name: str, command: Sequence[str], cwd: Path, env: Mapping[str, str], port: int
    ) -> None:
        self.name, self.port = name, port
        self._log = cwd / f"bench-{name}.log"
        started = time.perf_counter()
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                command,
                cwd=cwd,
                env=env,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        guardian.watch_process(self._process.pid)
        try:
            self._wait_for_200(started)
        except BaseException:
            self.stop()
            raise
        self.boot_seconds = time.perf_counter() - started

    def _wait_for_200(self, started: float) -> None:
        while not self._healthy():
            if self._process.poll() is not None or time.perf_counter() - started > BOOT_WITHIN:
                tail = self._log.read_text("utf-8", "replace").strip().splitlines()[-3:]
                raise BenchError(f"{self.name} did not start: {' / '.join(tail) or 'no output'}")
            time.sleep(0.005)

    def _healthy(self) -> bool:
        link = HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            link.request("GET", "/healthz")
            return link.getresponse().status == 200
        except (OSError, HTTPException):
            return False
        finally:
            link.close()

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def cpu_seconds(self) -> float:
        """User and system time so far, of all its processes."""
        return sum(_ticks(pid) for pid in processes.tree(self.pid)) / _TICKS

    @property
    def resident_bytes(self) -> int:
        """Of all its processes; what several of them share is counted once."""
        return sum(_proportional_bytes(pid) for pid in processes.tree(self.pid))

    def stop(self) -> None:
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(10)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait(5)
        guardian.forget_process(self._process.pid)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
