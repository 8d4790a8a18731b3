"""A service with the default answers, on real servers, for as long as the demo lasts."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from roadbed import steps
from roadbed.demo_interrupts import Interrupts
from roadbed.services import Postgres, Redis, guardian, processes
from roadbed.services.ports import free_port
from roadbed.terminal import Terminal
from roadbed.verify.fakes.smtp import SmtpSink
from roadbed.verify.process import Crashed, Service

STOP_WITHIN = 10.0
BEAT_SECONDS = 10.0
# What the demo's own make and virtual environment set is not for the project's.
_OURS = ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "DETACH", "VIRTUAL_ENV", "PYTHONPATH")


class StartFault(Exception):
    """The service could not be set up: one line with the failing tool's last words."""


@dataclass
class Stand:
    """Everything it starts is entered into `stack`, which ends it."""

    folder: Path
    out: Terminal
    stack: ExitStack
    interrupts: Interrupts
    mails: SmtpSink = field(default_factory=SmtpSink)
    _services: dict[str, Service] = field(default_factory=dict)

    @classmethod
    def open(cls, stack: ExitStack, out: Terminal, interrupts: Interrupts) -> Stand:
        """An empty stand in a new folder."""
        folder = Path(tempfile.mkdtemp(prefix="roadbed-demo-"))
        folder.chmod(0o755)  # as root, the servers run as another user who has to pass through
        guardian.watch_folder(folder)
        stack.callback(guardian.forget_folder, folder)
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        (folder / "tmp").mkdir()
        return cls(folder, out, stack, interrupts)

    @property
    def project(self) -> Path:
        return self.folder / "my-service"

    @property
    def api(self) -> Service:
        return self._services["api"]

    @property
    def worker(self) -> Service:
        return self._services["worker"]

    def start(self) -> None:
        """Generate, install, start, migrate, boot. Raises StartFault, ServiceError or Crashed."""
        with self._step("roadbed new --defaults"):
            run = steps.Run(steps.Request(destination=str(self.project), git=False), self.out)
            steps.execute(run, (*steps.PREPARE, *steps.WRITE))
        with self._step("make setup (a minute or two when the package caches are cold)"):
            self._make("setup")
        with self._step("start PostgreSQL, Redis and a mail server"), self.interrupts.hold():
            postgres = self.stack.enter_context(Postgres.start(self.folder))
            redis = self.stack.enter_context(Redis.start(self.folder))
            self.stack.enter_context(self.mails)
        env = _environment(postgres.dsn, redis.dsn, self.mails.url)
        with self._step("make migrate"):
            self._make("migrate", env)
        with self._step("make api, make worker"):
            for name in ("api", "worker"):
                self._boot(name, env)
            for service in self._services.values():
                service.wait_ready()

    def urls(self) -> dict[str, str]:
        """What a person may want to look at while it runs."""
        api = f"http://127.0.0.1:{self.api.port}"
        return {
            "posts": f"{api}/v1/posts",
            "ready?": f"{api}/readyz",
            "metrics": f"http://127.0.0.1:{self.api.admin_port}/metrics",
            "worker's metrics": f"http://127.0.0.1:{self.worker.admin_port}/metrics",
            "the project": str(self.project),
        }

    def check_alive(self) -> None:
        """Raises Crashed when a process has ended by itself."""
        for service in self._services.values():
            if not service.running:
                raise Crashed(f"{service.name} ended with {service.exit_code}: {service.tail(3)}")

    def _boot(self, name: str, env: Mapping[str, str]) -> None:
        ports = {"PORT": str(free_port()), "ADMIN_PORT": str(free_port())}
        service = Service(name, name, self.project, {**env, **ports}, self.folder)
        self._services[name] = service
        with self.interrupts.hold():
            self.stack.callback(service.stop, STOP_WITHIN)
            service.start(wait=False)

    def _make(self, verb: str, settings: Mapping[str, str] | None = None) -> None:
        env = {name: value for name, value in os.environ.items() if name not in _OURS}
        # Installers leave lock files in the folder for temporary files.
        env |= {"TMPDIR": str(self.folder / "tmp"), **(settings or {})}
        with self.interrupts.hold():
            process = subprocess.Popen(
                ["make", "-s", verb],
                cwd=self.project,
                env=env,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                start_new_session=True,
            )
            guardian.watch_process(process.pid)
        try:
            said = self._wait(process)
        except BaseException:
            processes.send(reversed(processes.tree(process.pid)), signal.SIGKILL)
            process.wait()
            raise
        finally:
            guardian.forget_process(process.pid)
        if process.returncode != 0:
            tail = " / ".join(said.strip().splitlines()[-3:])
            raise StartFault(f"make {verb} ended with {process.returncode}: {tail}")

    def _wait(self, process: subprocess.Popen[str]) -> str:
        """What the process says, with a sign of life now and then."""
        started = time.monotonic()
        while True:
            try:
                return process.communicate(timeout=BEAT_SECONDS)[0]
            except subprocess.TimeoutExpired:
                self.out.line(f"    still at it after {time.monotonic() - started:.0f} s", "dim")

    @contextmanager
    def _step(self, what: str) -> Iterator[None]:
        self.out.line(f"==> {what}", "bold")
        started = time.monotonic()
        yield
        self.out.line(f"    {time.monotonic() - started:.1f} s", "dim")


def _environment(database: str, redis: str, smtp: str) -> dict[str, str]:
    """As in production, but on this machine only. The secret lives as long as the demo."""
    return {
        "APP_ENV": "production",
        "HOST": "127.0.0.1",
        "PUBLIC_APP_URL": "https://app.example.com",
        "DATABASE_URL": database,
        "REDIS_URL": redis,
        "SMTP_URL": smtp,
        "MAIL_FROM": "no-reply@example.com",
        "JWT_SECRET": secrets.token_hex(32),
        "JWT_ISSUER": "https://api.example.com",
        "JWT_AUDIENCE": "my-service",
        "SHUTDOWN_TIMEOUT": "5",
    }
