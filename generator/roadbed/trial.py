"""One variant's trial: generated, set up, linted, tested and verified on real services."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from roadbed.demo_interrupts import Interrupts
from roadbed.fingerprint import render_variant
from roadbed.matrix import Variant
from roadbed.repository import create_repository
from roadbed.services import Postgres, Redis, guardian, processes
from roadbed.services.broker import start_broker
from roadbed.source import TemplateSource
from roadbed.terminal import Terminal

# Seconds for one command; the contract suite takes the longest.
LIMIT = 3600.0
BEAT_SECONDS = 30.0
# What our own make and virtual environment set is not for the project's.
OURS = ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "CHANGED", "ROWS", "VIRTUAL_ENV")


class Red(Exception):
    """A step failed: one line, with the file that has everything the tool said."""


@dataclass
class Trial:
    """Works in `folder`, which is empty: the project, and a log for each step, stay there."""

    variant: Variant
    source: TemplateSource
    folder: Path
    out: Terminal
    interrupts: Interrupts

    @property
    def project(self) -> Path:
        return self.folder / "my-service"

    def generate(self) -> str:
        """The project, in a repository of its own as its user has it; its fingerprint."""
        tree = render_variant(self.variant, self.source, self.project)
        # Without one, its tools would obey our own .gitignore and find no file to look at.
        create_repository(self.project, "Create a variant")
        return tree

    def prove(self, clauses: str | None = None) -> dict[str, Any]:
        """Every step after the generation; the suite's report. Raises Red at the first failure.

        `clauses` narrows the suite, as `roadbed verify --clauses` does.
        """
        self._run("setup", ["make", "setup"])
        with ExitStack() as stack:
            with self.interrupts.hold():
                services = start_services(stack, self.variant.answers["queue"])
            self._run("lint", ["make", "lint"])
            self._run("test", ["make", "test"], services)
        return self._verify(["--no-setup"], clauses)

    def _verify(self, flags: Sequence[str], clauses: str | None) -> dict[str, Any]:
        report = self.folder / "verify.json"
        narrowed = ["--clauses", clauses] if clauses else []
        suite = [sys.executable, "-m", "roadbed", "verify", str(self.project), *flags]
        self._run("verify", [*suite, "--report", str(report), *narrowed])
        found: dict[str, Any] = json.loads(report.read_text(encoding="utf-8"))
        return found

    def prove_composed(self, clauses: str | None = None) -> dict[str, Any]:
        """The suite's report on the project's containers. Raises Red when it fails."""
        return self._verify(["--compose"], clauses)

    def _run(
        self, step: str, command: Sequence[str], extra: Mapping[str, str] | None = None
    ) -> None:
        """Run a command in the project, its output in STEP.log; Red when it fails."""
        log, started = self.folder / f"{step}.log", time.monotonic()
        inherited = {name: value for name, value in os.environ.items() if name not in OURS}
        with log.open("wb") as sink:
            with self.interrupts.hold():
                process = subprocess.Popen(
                    command,
                    cwd=self.project,
                    env={**inherited, "NO_COLOR": "1", **(extra or {})},
                    stdin=subprocess.DEVNULL,
                    stdout=sink,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                )
                guardian.watch_process(process.pid)
            try:
                self._wait(process, log, started)
            finally:
                if process.poll() is None:
                    _end(process)
                guardian.forget_process(process.pid)
        self.out.line(f"    {step} {time.monotonic() - started:.0f} s", "dim")
        if process.returncode:
            said = log.read_text(encoding="utf-8", errors="replace")
            self.out.line(said.rstrip())
            raise Red(f"{self.variant.name}: {step} ended with {process.returncode}, see {log}")

    def _wait(self, process: subprocess.Popen[bytes], log: Path, started: float) -> None:
        """Until it ends, with a sign of life now and then."""
        while True:
            try:
                process.wait(BEAT_SECONDS)
                return
            except subprocess.TimeoutExpired:
                took = time.monotonic() - started
                if took > LIMIT:
                    raise Red(
                        f"{self.variant.name}: nothing after {took:.0f} s, see {log}"
                    ) from None
                last = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-1:]
                self.out.line(f"    {took:.0f} s: {''.join(last)[: self.out.width - 12]}", "dim")


def start_services(stack: ExitStack, queue: str) -> dict[str, str]:
    """What a project's own tests need, until the stack closes; as its environment."""
    postgres = stack.enter_context(Postgres.start())
    redis = stack.enter_context(Redis.start())
    broker = start_broker(queue)
    services = {"DATABASE_URL": postgres.dsn, "REDIS_URL": redis.dsn}
    return services | ({"BROKER_URL": stack.enter_context(broker).dsn} if broker else {})


def _end(process: subprocess.Popen[bytes]) -> None:
    """In order first, so that the suite ends its servers; then whatever is left."""
    members = processes.tree(process.pid)
    process.send_signal(signal.SIGTERM)
    with suppress(subprocess.TimeoutExpired):
        process.wait(20)
    processes.send(reversed(members), signal.SIGKILL)
    process.wait()
