"""A server process of ours: start, end, freeze, thaw. PostgreSQL and Redis are made of this."""

from __future__ import annotations

import atexit
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from abc import ABC, abstractmethod
from pathlib import Path
from typing import ClassVar, Self

from roadbed.services import guardian, processes
from roadbed.services.external import External
from roadbed.services.ports import free_port
from roadbed.services.service import Held, Service, ServiceError, StopMode

_STOPS_WITHIN = 15.0


class Server(Held, ABC):
    """One server process in a folder of its own, ended with the program at the latest."""

    name: ClassVar[str]
    # The environment's name for the URL of one that runs already.
    variable: ClassVar[str]
    # What its folder is called after; by default `name`.
    kind: ClassVar[str] = ""
    ready_within: ClassVar[float] = 30.0
    stop_signals: ClassVar[dict[str, signal.Signals]] = {
        "fast": signal.SIGTERM,
        "immediate": signal.SIGKILL,
    }

    data: Path

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self._process: subprocess.Popen[bytes] | None = None

    # -- what a kind of server has to say --------------------------------------------------------

    @property
    @abstractmethod
    def dsn(self) -> str: ...

    @abstractmethod
    def _command(self) -> list[str]: ...

    @abstractmethod
    def _answers(self) -> bool:
        """Whether it accepts connections now."""

    @abstractmethod
    def _prepare(self) -> None:
        """Make the data folder as it is before the first start."""

    def _environment(self) -> dict[str, str]:
        return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"}

    # -- life ------------------------------------------------------------------------------------

    @classmethod
    def start(cls, workdir: Path | None = None) -> Service:
        """Start a server in a folder of its own, or take the one that `variable` names.

        PostgreSQL and Redis take half a second, RabbitMQ and Kafka about five.
        """
        url = os.environ.get(cls.variable)
        if url:
            return External(cls.name, url, cls.variable)
        return cls(make_folder(workdir, cls.kind or cls.name)).launch()

    def launch(self) -> Self:
        """Make the data folder and start; nothing is left behind when that fails."""
        guardian.watch_folder(self.folder)
        atexit.register(self.close)
        try:
            self._prepare()
            self.start_again()
        except BaseException:
            self.close()
            raise
        return self

    def start_again(self) -> None:
        if self.running:
            return
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.folder,
                start_new_session=True,
                env=self._environment(),
                user=server_user(),
                group=server_group(),
                extra_groups=None if server_user() is None else [],
            )
        guardian.watch_process(self._process.pid)
        self._wait_until_ready()

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + self.ready_within
        while not self._answers():
            if not self.running or time.monotonic() > deadline:
                tail = self.log.read_text("utf-8", "replace").strip().splitlines()[-3:]
                raise ServiceError(f"{self.name} did not start: {' / '.join(tail) or 'no output'}")
            time.sleep(0.02)

    @property
    def log(self) -> Path:
        """What the server said, of all its incarnations."""
        return self.folder / "server.log"

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def pids(self) -> list[int]:
        """All processes of the server, the first one first."""
        return processes.tree(self._process.pid) if self._process and self.running else []

    def stop(self, mode: StopMode = "fast") -> None:
        self._end(self.stop_signals[mode])

    def kill(self) -> None:
        self._end(signal.SIGKILL)

    def _end(self, number: signal.Signals) -> None:
        process = self._process
        if process is None:
            return
        members = self.pids
        if number == signal.SIGKILL:
            processes.send(members, signal.SIGKILL)
        else:
            processes.send(members, signal.SIGCONT)
            processes.send(members[:1], number)
        try:
            process.wait(_STOPS_WITHIN)
        except subprocess.TimeoutExpired:
            processes.send(members, signal.SIGKILL)
            process.wait(_STOPS_WITHIN)
        guardian.forget_process(process.pid)
        self._process = None

    def pause(self) -> None:
        # Twice: a process may have forked a connection's backend between look and signal.
        for _ in range(2):
            processes.send(self.pids, signal.SIGSTOP)

    def unpause(self) -> None:
        processes.send(self.pids, signal.SIGCONT)

    def restart(self) -> None:
        self.stop()
        self.start_again()

    def wipe(self) -> None:
        self.stop("immediate")
        shutil.rmtree(self.data)
        self._prepare()
        self.start_again()

    def back_up(self) -> None:
        self.stop()
        self._copy(self.data, self._backup)
        self.start_again()

    def roll_back(self) -> None:
        self.stop("immediate")
        self._copy(self._backup, self.data)
        self.start_again()

    @property
    def _backup(self) -> Path:
        return self.folder / "backup"

    @staticmethod
    def _copy(source: Path, target: Path) -> None:
        shutil.rmtree(target, ignore_errors=True)
        subprocess.run(["cp", "-Rp", str(source), str(target)], check=True)

    def close(self) -> None:
        atexit.unregister(self.close)
        self.stop("immediate")
        shutil.rmtree(self.folder, ignore_errors=True)
        guardian.forget_folder(self.folder)


def server_user() -> str | None:
    """Whom a server runs as: ourselves, or a nobody when we are root (PostgreSQL refuses root)."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name).pw_name
        except KeyError:
            continue
    raise ServiceError("running as root and there is no user postgres or nobody to drop to")


def server_group() -> int | None:
    user = server_user()
    return None if user is None else pwd.getpwnam(user).pw_gid


def make_folder(workdir: Path | None, name: str) -> Path:
    """A new folder the server's user can own and reach, inside `workdir` if that is possible."""
    parent = workdir if workdir is not None and _reachable(workdir) else None
    folder = Path(tempfile.mkdtemp(prefix=f"roadbed-{name}-", dir=parent))
    user = server_user()
    if user is not None:
        shutil.chown(folder, user, server_group())
    return folder


def _reachable(folder: Path) -> bool:
    """Whether a user without rights of his own may pass through every folder above."""
    if server_user() is None:
        return True
    resolved = folder.resolve()
    return all(part.stat().st_mode & 0o001 for part in (resolved, *resolved.parents))
