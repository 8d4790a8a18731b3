"""`ctl`: every fault the contract speaks of, by the name of what it hits."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from roadbed.services import Service as Server
from roadbed.verify.ground import Ended
from roadbed.verify.process import LogLine, Service


@dataclass(frozen=True)
class Outcome:
    """How a one-shot process ended. `code` is make's; -9 when it had to be ended."""

    code: int
    stdout: str
    stderr: str
    seconds: float

    @property
    def text(self) -> str:
        return f"exit {self.code} after {self.seconds:.1f} s\n{self.stdout}{self.stderr}".strip()

    @property
    def output(self) -> str:
        return self.stdout + self.stderr


class Control:
    """Hits services (api api2 worker worker2) and servers (postgres redis broker)."""

    def __init__(
        self,
        run_once: Callable[[Sequence[str], Mapping[str, str], float], Ended],
        env: Mapping[str, str],
        servers: Mapping[str, Server],
        service: Callable[[str], Service],
        note: Callable[[list[LogLine]], None],
    ) -> None:
        self._run_once, self._env, self._servers = run_once, env, servers
        self._service, self._note = service, note

    def start(self, name: str, *, wait: bool = True) -> None:
        if name in self._servers:
            self._servers[name].start_again()
        else:
            self._service(name).start(wait=wait)

    def stop(self, name: str) -> int | None:
        """In order: SIGTERM to a service (its exit code is returned), fast shutdown of a server."""
        if name in self._servers:
            self._servers[name].stop("fast")
            return None
        return self._service(name).stop()

    def kill(self, name: str) -> None:
        self._either(name).kill()

    def pause(self, name: str) -> None:
        self._either(name).pause()

    def unpause(self, name: str) -> None:
        self._either(name).unpause()

    def restart(self, name: str) -> None:
        self.stop(name)
        self.start(name)

    def wipe(self, name: str) -> None:
        """A server that comes back empty."""
        self._servers[name].wipe()

    def back_up(self, name: str) -> None:
        """Keep a server's data as it is now; the server is restarted for it."""
        self._servers[name].back_up()

    def roll_back(self, name: str) -> None:
        """A server that comes back as it was when it was backed up."""
        self._servers[name].roll_back()

    def signal(self, name: str, number: signal.Signals) -> None:
        """To the service process itself, not to make around it."""
        self._service(name).signal(number)

    def pid(self, name: str) -> int:
        return self._service(name).pid

    def wait_exit(self, name: str, within: float) -> int:
        """Exit code of a service that was told to end; raises `Crashed` when it does not."""
        return self._service(name).wait_exit(within)

    def logs(self, name: str, since: float = 0.0) -> list[LogLine]:
        return self._service(name).lines(since=since)

    def run(
        self,
        command: str,
        env: Mapping[str, str] | None = None,
        *,
        unset: tuple[str, ...] = (),
        timeout: float = 60.0,
    ) -> Outcome:
        """One-shot: "api", "worker", "migrate" or "jobs-retry <id>", with changed environment.

        An `api` or `worker` that starts and stays is ended at the timeout (code -9).
        """
        verb, _, argument = command.partition(" ")
        arguments = [verb] + ([f"ID={argument}"] if argument else [])
        merged = {**self._env, **(env or {})}
        for name in unset:
            merged.pop(name, None)
        began = time.time()
        code, out, err = self._run_once(arguments, merged, timeout)
        self._note([LogLine(began, "stdout", line, verb) for line in out.splitlines()])
        return Outcome(code, out, err, time.time() - began)

    def _either(self, name: str) -> Server | Service:
        return self._servers[name] if name in self._servers else self._service(name)
