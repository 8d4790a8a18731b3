"""What a check holds in its hands: the service under test and everything around it."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, TypeVar

import redis as redis_client

from roadbed.verify.actors import Actor, new_email, new_password, sign_in, sign_up
from roadbed.verify.check import Expectations
from roadbed.verify.client import Client, Response
from roadbed.verify.control import Control, Outcome
from roadbed.verify.database import Sql
from roadbed.verify.fakes.openid import OpenIdProvider
from roadbed.verify.fakes.otlp import OtlpReceiver
from roadbed.verify.fakes.smtp import SmtpSink
from roadbed.verify.process import LogLine, Service
from roadbed.verify.profiles import setting
from roadbed.verify.project import Project

if TYPE_CHECKING:
    from roadbed.verify.run import Run
    from roadbed.verify.stand import Stand

R = TypeVar("R")


class Target(Expectations):
    """One check's view of its stand. Made fresh for each check; servers are the stand's.

    api, api2       HTTP clients of the two instances (`BASE_URL`, `BASE_URL_2`)
    admin, …        clients of the admin listeners: `t.admin("api")`, `t.admin("worker")`
    sql, redis      direct handles, read and write
    smtp, otlp      the suite's own mail sink and trace receiver of this stand
    openid          its own OpenID Provider, in projects with third-party login
    ctl             start, stop, kill, pause, unpause, restart, signal; `ctl.run(...)`
    address, caller  where services listen, and where we call from as they see it
    env             the environment the stand's services were started with
    project         what is being verified (`auth`, `queue`, `social`, `variants`)
    run             the whole run: every log line, every sentinel, the observer's findings
    """

    def __init__(self, stand: Stand, run: Run) -> None:
        super().__init__()
        self.stand, self.run = stand, run
        self._closing = ExitStack()

    # -- handles ------------------------------------------------------------------------------

    @property
    def project(self) -> Project:
        return self.run.project

    def setting(self, name: str) -> str:
        """The value of a variable of §5 that is in force on this stand, defaults included."""
        return setting(self.stand.env, name)

    @property
    def env(self) -> Mapping[str, str]:
        return self.stand.env

    @property
    def ctl(self) -> Control:
        return self.stand.control

    @property
    def api(self) -> Client:
        return self.client("api")

    @property
    def api2(self) -> Client:
        return self.client("api2")

    def client(self, service: str) -> Client:
        """A client of the public port of `api` or `api2`. Cheap; holds no connection."""
        return self.of(self.stand.services[service])

    def admin(self, service: str) -> Client:
        """A client of a service's admin port. Its answers are not held to the global clauses."""
        return self.admin_of(self.stand.services[service])

    @property
    def address(self) -> str:
        """Where the stand's services listen."""
        return self.stand.ground.address

    @property
    def caller(self) -> str:
        """Our own address, as a service sees it."""
        return self.stand.ground.caller

    @property
    def sql(self) -> Sql:
        return self.stand.sql

    @property
    def redis(self) -> redis_client.Redis:
        return self.stand.redis_client

    def forget_cache(self) -> None:
        """Redis forgets cached posts and rate limits, but nobody's session."""
        for pattern in ("cache:*", "rl:*"):
            for key in self.redis.scan_iter(pattern, count=1000):
                self.redis.delete(key)

    @property
    def smtp(self) -> SmtpSink:
        return self.stand.smtp

    @property
    def otlp(self) -> OtlpReceiver:
        return self.stand.otlp

    @property
    def openid(self) -> OpenIdProvider:
        """Only in projects with third-party login."""
        if self.stand.openid is None:
            raise LookupError("this project has no third-party login")
        return self.stand.openid

    def logs(self, service: str, since: float = 0.0) -> list[LogLine]:
        """stdout lines of a service on this stand, of all its incarnations.

        `since` is a `time.time()` stamp. A `LogLine` has `.at`, `.text`, `.stream` and `.record`
        (the parsed JSON object, or None).
        """
        return self.stand.services[service].lines(since=since)

    # -- actors -------------------------------------------------------------------------------

    def email(self, hint: str = "user") -> str:
        """An address nobody else of this run uses."""
        return new_email(hint)

    def password(self) -> str:
        """A good random password, known to the run as a sentinel that must not be logged."""
        return self.secret(new_password())

    def secret(self, value: str) -> str:
        """Tell the run that `value` must never be seen in logs, spans or dumps; returns it."""
        self.run.watcher.keep_secret(value)
        return value

    def user(
        self, hint: str = "user", *, client: Client | None = None, verified: bool = False
    ) -> Actor:
        """Sign a new user up and in. `verified` also spends the token of the sign-up mail."""
        actor = sign_up(
            client or self.api,
            email=self.email(hint),
            password=self.password(),
            auth=self.project.auth,
        )
        sign_in(actor)
        if verified:
            mail = self.smtp.wait(actor.email, timeout=10)[0]
            actor.client.post("/v1/auth/verify-email", json={"token": mail.token}).require(204)
        return actor

    def again(self, actor: Actor, *, client: Client | None = None) -> Actor:
        """The same user signed in once more: another device, with credentials of its own."""
        return sign_in(actor.copy(client or actor.client))

    # -- more services ------------------------------------------------------------------------

    @contextmanager
    def extra_api(self, wait: bool = True, /, **env: str) -> Iterator[Service]:
        """A short-lived API process on this stand's data with other environment values.

        `extra_api(False, …)` returns at once, for a service that is not meant to come up.
        Talk to it through `t.of(service)`; it has `.signal()`, `.exit_code` and `.lines()`.
        """
        with self.stand.extra("api", env, wait=wait) as service:
            yield service

    @contextmanager
    def extra_worker(self, wait: bool = True, /, **env: str) -> Iterator[Service]:
        """Like `extra_api`, for `make worker`."""
        with self.stand.extra("worker", env, wait=wait) as service:
            yield service

    def of(self, service: Service, *, observed: bool = True) -> Client:
        """A client of the public port of an extra API."""
        return self.run.client(
            service.host, service.port, observed=observed, on_request=self.note_request
        )

    def admin_of(self, service: Service) -> Client:
        """A client of the admin port of an extra service."""
        return self.run.client(service.host, service.admin_port, observed=False)

    @contextmanager
    def fresh_database(self, *, migrated: bool = False) -> Iterator[Sql]:
        """A new database on the stand's server (`.dsn`), dropped at the end."""
        with self.stand.fresh_database() as sql:
            if migrated:
                outcome = self.ctl.run("migrate", {"DATABASE_URL": sql.dsn})
                self.expect(
                    outcome.code == 0, did="ran migrate", expected="exit 0", saw=outcome.text
                )
            yield sql

    # -- concurrency --------------------------------------------------------------------------

    def race(self, calls: Sequence[Callable[[], R]]) -> list[R]:
        """Run all calls at the same moment (barrier start); their results in the same order."""
        barrier = threading.Barrier(len(calls))

        def run(call: Callable[[], R]) -> R:
            barrier.wait(timeout=30)
            return call()

        with ThreadPoolExecutor(max_workers=len(calls)) as pool:
            return list(pool.map(run, calls))

    def token(self, size: int = 8) -> str:
        """A random hex word, to tell this check's text from everybody else's."""
        return secrets.token_hex(size)

    def keep(self) -> ExitStack:
        """Things to close when the check is over, also when it fails."""
        return self._closing

    def close(self) -> None:
        self._closing.close()


__all__ = ["Actor", "Client", "Control", "Outcome", "Response", "Service", "Target"]
