"""Where a stand's processes run: on this machine, or in containers. Chosen once, at the door."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Protocol

from roadbed.services import Postgres, Redis
from roadbed.services import Service as Server
from roadbed.services.broker import start_broker
from roadbed.verify.process import Crashed, Service, run_once
from roadbed.verify.project import Project
from roadbed.verify.report import Progress

_SETUP_WITHIN = 900.0
Ended = tuple[int, str, str]
"""How a one-shot process ended: exit code (-9 when it had to be ended), stdout, stderr."""


class Ground(Protocol):
    """One stand's servers and processes."""

    address: str
    """Where the services' ports are."""
    caller: str
    """The address that a service sees when the suite calls it."""
    fakes: str
    """Where mail sink, trace receiver and provider listen, for the services to reach them."""

    def start(self, stack: ExitStack, folder: Path) -> dict[str, Server]:
        """Servers "postgres", "redis" and, where the queue needs one, "broker", until the stack
        closes; their URLs are those of this machine."""

    def service(self, name: str, verb: str, env: Mapping[str, str], folder: Path) -> Service:
        """An api or worker that has not been started."""

    def run_once(self, words: Sequence[str], env: Mapping[str, str], timeout: float) -> Ended:
        """A verb with its arguments, in the foreground."""


class Place(Protocol):
    """What all stands of a run have in common."""

    def get_ready(self, out: Progress) -> None:
        """Install or build. Raises `Crashed` or `ServiceError`."""

    def ground(self) -> Ground:
        """A new stand's own."""


class ThisMachine:
    """The project's make verbs, and servers of our own, all on loopback."""

    def __init__(self, project: Project) -> None:
        self._project = project

    def get_ready(self, out: Progress) -> None:
        """`make setup`; a project that is set up already makes this a matter of a second."""
        out.say("make setup …")
        # Installing needs what the user has set: proxies, mirrors, caches.
        environment = dict(os.environ)
        code, stdout, stderr = run_once(["setup"], self._project.root, environment, _SETUP_WITHIN)
        if code != 0:
            tail = "\n".join((stdout + stderr).strip().splitlines()[-15:])
            raise Crashed(f"make setup failed with {code}\n{tail}")

    def ground(self) -> Ground:
        return LocalGround(self._project)


class LocalGround:
    """Servers from `roadbed.services`, processes below make."""

    address = caller = fakes = "127.0.0.1"

    def __init__(self, project: Project) -> None:
        self._project = project

    def start(self, stack: ExitStack, folder: Path) -> dict[str, Server]:  # noqa: ARG002
        servers: dict[str, Server] = {
            "postgres": stack.enter_context(Postgres.start()),
            "redis": stack.enter_context(Redis.start()),
        }
        broker = start_broker(self._project.queue)
        if broker is not None:
            servers["broker"] = stack.enter_context(broker)
        return servers

    def service(self, name: str, verb: str, env: Mapping[str, str], folder: Path) -> Service:
        return Service(name, verb, self._project.root, env, folder)

    def run_once(self, words: Sequence[str], env: Mapping[str, str], timeout: float) -> Ended:
        return run_once(words, self._project.root, env, timeout)
