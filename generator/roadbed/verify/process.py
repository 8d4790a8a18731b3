"""One service of the project, run by its make verb: start, find, signal, watch."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import IO, Any

from roadbed.services import guardian, processes
from roadbed.verify.client import Client

# What may stand between `make` and the service itself.
_WRAPPERS = frozenset({"make", "gmake", "sh", "bash", "dash", "uv", "npm", "npx"})
# Kept from the environment of whoever runs the suite; everything else is the profile's.
_INHERITED = ("PATH", "HOME", "USER", "LOGNAME", "LANG", "TMPDIR", "SHELL", "JAVA_HOME", "GOPATH")
BOOT_WITHIN = 60.0


class Crashed(Exception):
    """A service ended, or did not become ready, when it should have."""


@dataclass(frozen=True)
class LogLine:
    """One line as it came: `at` is `time.time()`, `stream` is "stdout" or "stderr"."""

    at: float
    stream: str
    text: str
    service: str = ""

    @cached_property
    def record(self) -> dict[str, Any] | None:
        """The JSON object of the line, or None when it is none."""
        try:
            value = json.loads(self.text)
        except ValueError:
            return None
        return value if isinstance(value, dict) else None


def clean_environment(profile: Mapping[str, str]) -> dict[str, str]:
    """The profile on top of the few variables a program needs to run at all."""
    base = {name: os.environ[name] for name in _INHERITED if name in os.environ}
    return {**base, **profile}


class Service:
    """An `api` or `worker` process. Survives restarts: lines are kept over all incarnations."""

    def __init__(
        self,
        name: str,
        verb: str,
        root: Path,
        env: Mapping[str, str],
        log_folder: Path,
    ) -> None:
        self.name, self.verb, self.root = name, verb, root
        self.env = dict(env)
        self.host = "127.0.0.1"
        self.port, self.admin_port = int(env.get("PORT", 0)), int(env.get("ADMIN_PORT", 0))
        self.log = log_folder / f"{name}.log"
        self._lines: list[LogLine] = []
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._readers: list[threading.Thread] = []
        self.started_at = 0.0

    # -- life -------------------------------------------------------------------------------

    def start(self, *, wait: bool = True) -> None:
        """Run `make -s <verb>`; with `wait` return when it is ready, or raise `Crashed`."""
        if self.running:
            return
        self.started_at = time.time()
        self._process = subprocess.Popen(
            self._command(),
            cwd=self.root,
            env=clean_environment(self.env),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        guardian.watch_process(self._process.pid)
        self._readers = [
            self._reader(stream, name)
            for stream, name in ((self._process.stdout, "stdout"), (self._process.stderr, "stderr"))
            if stream is not None
        ]
        if wait:
            self.wait_ready()

    def _command(self) -> list[str]:
        return ["make", "-s", self.verb]

    def wait_ready(self, within: float = BOOT_WITHIN) -> None:
        """Until /readyz answers 200 (an API on its port, a worker on its admin port)."""
        port = self.port if self.verb == "api" else self.admin_port
        probe = Client(self.host, port, timeout=2)
        deadline = time.monotonic() + within
        while not _ready(probe):
            if not self.running:
                raise Crashed(
                    f"{self.name} ended with {self.exit_code} at its start\n{self.tail()}"
                )
            if time.monotonic() > deadline:
                raise Crashed(f"{self.name} was not ready within {within:g} s\n{self.tail()}")
            time.sleep(0.05)

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def exit_code(self) -> int | None:
        """make's exit code: 0 when the service's own was 0; None while it runs."""
        return self._process.poll() if self._process else None

    @property
    def pid(self) -> int:
        """The service process itself, below make and whatever else wraps it."""
        if self._process is None or not self.running:
            raise Crashed(f"{self.name} is not running")
        return _service_below(self._process.pid)

    @property
    def pids(self) -> list[int]:
        """make, the service and all its children."""
        return processes.tree(self._process.pid) if self._process and self.running else []

    def signal(self, number: signal.Signals) -> None:
        """To the service process alone."""
        os.kill(self.pid, number)

    def wait_exit(self, within: float) -> int:
        """Its exit code; raises `Crashed` when it still runs after `within` seconds."""
        if self._process is None:
            raise Crashed(f"{self.name} was never started")
        try:
            code = self._process.wait(within)
        except subprocess.TimeoutExpired:
            raise Crashed(f"{self.name} still ran after {within:g} s\n{self.tail()}") from None
        self._finish()
        return code

    def stop(self, within: float = 40.0) -> int | None:
        """SIGTERM, then wait. Returns the exit code; SIGKILL if it does not end."""
        if not self.running:
            self._finish()
            return self.exit_code
        self.unpause()
        try:
            self.signal(signal.SIGTERM)
            return self.wait_exit(within)
        except (Crashed, ProcessLookupError):
            self.kill()
            return self.exit_code

    def kill(self) -> None:
        """SIGKILL to the service and everything around it."""
        if self._process is not None:
            processes.send(reversed(self.pids), signal.SIGKILL)
            self._process.wait(10)
            self._finish()

    def pause(self) -> None:
        processes.send(self.pids, signal.SIGSTOP)

    def unpause(self) -> None:
        processes.send(self.pids, signal.SIGCONT)

    def _finish(self) -> None:
        if self._process is None:
            return
        guardian.forget_process(self._process.pid)
        for reader in self._readers:
            reader.join(5)

    # -- what it says -----------------------------------------------------------------------

    def _reader(self, stream: IO[bytes], name: str) -> threading.Thread:
        thread = threading.Thread(target=self._read, args=(stream, name), daemon=True)
        thread.start()
        return thread

    def _read(self, stream: IO[bytes], name: str) -> None:
        with self.log.open("a", encoding="utf-8") as log, stream:
            for raw in stream:
                line = LogLine(
                    time.time(), name, raw.decode("utf-8", "replace").rstrip("\r\n"), self.name
                )
                with self._lock:
                    self._lines.append(line)
                log.write(f"{line.at:.3f} {name} {line.text}\n")
                log.flush()

    def lines(self, *, since: float = 0.0, stream: str | None = "stdout") -> list[LogLine]:
        """Lines in order of arrival; `stream=None` for both streams."""
        with self._lock:
            kept = list(self._lines)
        return [line for line in kept if line.at >= since and stream in (None, line.stream)]

    def tail(self, count: int = 6, width: int = 400) -> str:
        """The last lines of both streams, for a report; the log file has them whole."""
        texts = [line.text for line in self.lines(stream=None)[-count:]]
        shown = (text if len(text) <= width else f"{text[:width]}…" for text in texts)
        return "\n".join(shown) or "(no output)"


def _ready(probe: Client) -> bool:
    try:
        return probe.get("/readyz").status == 200
    except OSError:
        return False


def _service_below(pid: int) -> int:
    """Follow single children down while the process is make, a shell or a package runner.

    A wrapper that has not yet started its child is waited for.
    """
    deadline = time.monotonic() + 5
    while True:
        table = processes.table()
        names = {entry.pid: entry.name for entry in table}
        current = pid
        while _is_wrapper(names.get(current, "")):
            below = [entry.pid for entry in table if entry.parent == current and not entry.zombie]
            if not below:
                break
            current = below[0]
        if not _is_wrapper(names.get(current, "")) or time.monotonic() > deadline:
            return current
        time.sleep(0.02)


def _is_wrapper(name: str) -> bool:
    return name in _WRAPPERS or name.startswith("npm ")


def run_once(
    arguments: Sequence[str], root: Path, env: Mapping[str, str], timeout: float
) -> tuple[int, str, str]:
    """Run a make verb in the foreground: exit code, stdout, stderr. -9 when it had to be ended."""
    process = subprocess.Popen(
        ["make", "-s", *arguments],
        cwd=root,
        env=clean_environment(env),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    guardian.watch_process(process.pid)
    try:
        out, err = process.communicate(timeout=timeout)
        code = process.returncode
    except subprocess.TimeoutExpired:
        processes.send(reversed(processes.tree(process.pid)), signal.SIGKILL)
        out, err = process.communicate()
        code = -9
    finally:
        guardian.forget_process(process.pid)
    return code, out.decode("utf-8", "replace"), err.decode("utf-8", "replace")
