"""A stand: servers, fakes and the project's services around one environment.

Each stand has a PostgreSQL, a Redis, a mail sink and a trace receiver of its own, so that faults
and settings of one group of checks cannot be felt by another that runs beside it.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import redis as redis_client

from roadbed.services import Service as Server
from roadbed.services.external import External
from roadbed.services.ports import free_port
from roadbed.verify.check import Profile
from roadbed.verify.client import Client
from roadbed.verify.control import Control
from roadbed.verify.database import Sql
from roadbed.verify.fakes.openid import OpenIdProvider
from roadbed.verify.fakes.otlp import OtlpReceiver
from roadbed.verify.fakes.smtp import SmtpSink
from roadbed.verify.process import Crashed, Service
from roadbed.verify.profiles import OAUTH_REDIRECT_URI, environment
from roadbed.verify.run import Run

SERVICES = {"api": "api", "api2": "api", "worker": "worker", "worker2": "worker"}
_HEALS_WITHIN = 20.0


class Stand:
    """Everything around one environment. `with Stand(...) as stand:` starts the servers only;
    services come up with `prepare`."""

    def __init__(self, run: Run, profile: Profile, overrides: Mapping[str, str]) -> None:
        self.run, self.profile, self.overrides = run, profile, dict(overrides)
        self.ground = run.place.ground()
        here = self.ground.fakes
        self.smtp, self.otlp = SmtpSink(here), OtlpReceiver(here)
        self.openid = OpenIdProvider(OAUTH_REDIRECT_URI, here) if run.project.social else None
        self.env: dict[str, str] = {}
        self.servers: dict[str, Server] = {}
        self.services: dict[str, Service] = {}
        self.extras: list[Service] = []
        self._closing = ExitStack()
        self._lock = threading.Lock()
        self.number = run.enter(self)
        self.folder = run.workdir / f"stand-{self.number}"

    def __enter__(self) -> Stand:
        self.folder.mkdir(parents=True)
        try:
            self._start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        for service in self.every_service:
            service.kill()
        self._closing.close()

    def _start(self) -> None:
        self.servers = self.ground.start(self._closing, self.folder)
        self.postgres, self.redis = self.servers["postgres"], self.servers["redis"]
        broker = self.servers.get("broker")
        self.smtp = self._closing.enter_context(self.smtp)
        self.otlp = self._closing.enter_context(self.otlp)
        if self.openid is not None:
            self._closing.enter_context(self.openid)
        self.sql = self._closing.enter_context(self.fresh_database())
        self.redis_client = redis_client.Redis.from_url(
            self.redis.dsn,
            socket_timeout=5,
            decode_responses=True,
            encoding_errors="surrogateescape",
        )
        self.env = environment(
            self.profile,
            self.run.project,
            database_url=self.sql.dsn,
            redis_url=self.redis.dsn,
            broker_url=broker.dsn if broker is not None else None,
            smtp_url=self.smtp.url,
            otlp_url=self.otlp.url,
            openid=self.openid,
        )
        self.env |= self.overrides
        self.control = Control(
            self.ground.run_once,
            # One-shot processes get ports of their own, so that they meet no running service.
            {**self.env, "PORT": str(free_port()), "ADMIN_PORT": str(free_port())},
            self.servers,
            self.services.__getitem__,
            self.run.note_once,
        )
        outcome = self.control.run("migrate", timeout=120)
        if outcome.code != 0:
            raise Crashed(f"make migrate failed\n{outcome.text}")
        for name, verb in SERVICES.items():
            self.services[name] = self._service(name, verb, {})

    def _service(self, name: str, verb: str, env: Mapping[str, str]) -> Service:
        ports = {"PORT": str(free_port()), "ADMIN_PORT": str(free_port())}
        merged = {**self.env, **ports, **env}
        return self.ground.service(name, verb, merged, self.folder)

    @property
    def every_service(self) -> list[Service]:
        """The named services and all extra ones, running or not."""
        return [*self.services.values(), *self.extras]

    @property
    def secrets(self) -> set[str]:
        """Values of the environment that must not be logged; none if it never came up."""
        if not self.env:
            return set()
        found = {self.env["JWT_SECRET"]} if "JWT_SECRET" in self.env else set()
        for url in (self.sql.dsn, *(server.dsn for server in self.servers.values())):
            password = urlsplit(url).password
            if password:
                found.add(password)
        return found | (self.openid.secrets if self.openid is not None else set())

    # -- between checks -----------------------------------------------------------------------

    def prepare(self, services: tuple[str, ...]) -> None:
        """Heal every fault, then have exactly these services running and ready."""
        self.heal()
        for name, service in self.services.items():
            if service.running and name not in services:
                service.stop()
        self.bring_up(services)

    def heal(self) -> None:
        """Undo what a check broke: servers run, fakes accept, nothing is frozen."""
        for server in self.servers.values():
            server.unpause()
            server.start_again()
        self.smtp.reset()
        self.otlp.reset()
        if self.openid is not None:
            self.openid.reset()
        for service in self.every_service:
            service.unpause()

    def bring_up(self, services: tuple[str, ...]) -> None:
        """Start what does not run, all at once, and wait until all say "ok"."""
        with self._lock:
            for name in services:
                self.services[name].start(wait=False)
            for name in services:
                self.services[name].wait_ready()
                self._wait_ok(self.services[name])

    def _wait_ok(self, service: Service) -> None:
        """After a fault a service may be degraded for a while; a check starts from "ok"."""
        port = service.port if service.verb == "api" else service.admin_port
        probe = Client(service.host, port, timeout=3)
        deadline = time.monotonic() + _HEALS_WITHIN
        said: object = "nothing"
        while time.monotonic() < deadline and service.running:
            with suppress(OSError):
                answer = probe.get("/readyz")
                if isinstance(answer.json, dict) and answer.json.get("status") == "ok":
                    return
                said = answer
            time.sleep(0.05)
        raise Crashed(f"{service.name} did not get ready again: {said}\n{service.tail()}")

    def dead(self, services: tuple[str, ...]) -> list[Service]:
        """Those of these services that were started and have ended."""
        return [
            self.services[name]
            for name in services
            if self.services[name].started_at and not self.services[name].running
        ]

    # -- for one check ------------------------------------------------------------------------

    @contextmanager
    def extra(self, verb: str, env: Mapping[str, str], *, wait: bool) -> Iterator[Service]:
        """A short-lived service beside the named ones."""
        with self._lock:  # checks that run side by side need names of their own
            service = self._service(f"extra-{verb}-{len(self.extras) + 1}", verb, env)
            self.extras.append(service)
        try:
            service.start(wait=wait)
            yield service
        finally:
            service.kill()

    @contextmanager
    def fresh_database(self) -> Iterator[Sql]:
        """An empty database on the stand's server, dropped at the end."""
        name = f"roadbed_{secrets.token_hex(6)}"
        admin = Sql(self.postgres.dsn)
        admin.execute(f"CREATE DATABASE {name}")
        try:
            yield Sql(urlunsplit(urlsplit(self.postgres.dsn)._replace(path=f"/{name}")))
        finally:
            # A server of our own takes its databases with it; it may also be stopped.
            if isinstance(self.postgres, External):
                admin.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    def tail(self) -> str:
        """The end of every service's output, for the report of a failed check."""
        parts = [
            f"--- {service.name}\n{service.tail()}"
            for service in self.every_service
            if service.started_at
        ]
        return "\n".join(parts[:4] + parts[-1:] if len(parts) > 5 else parts)

    @property
    def log_folder(self) -> Path:
        return self.folder
