"""The check API: how a clause of the contract becomes a named, runnable check.

    @check("JOBS-08", "retry delays lie in the contract's bands", profile="fast",
           env={"JOB_BACKOFF_BASE": "0.4"}, faults=("SMTP",))
    def retry_delays(t: Target) -> None:
        t.step("signed up with the mail server answering 451")
        ...
        t.within(delay, 0.2, 0.6 + 1.0, did="measured the delay before attempt 2")

A check fails by raising `Failed`, which says what was done, what was expected and what was seen.
Bare asserts are not used: they say none of the three.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeVar

if TYPE_CHECKING:
    from roadbed.verify.target import Target

T = TypeVar("T")

Profile = Literal["default", "fast"]
DEFAULT_SERVICES = ("api", "api2", "worker")
_SHOWN = 600  # characters of a value that are worth a reader's time


class Failed(Exception):
    """The service did not keep a clause."""

    def __init__(self, *, did: str, expected: object, saw: object) -> None:
        self.did, self.expected, self.saw = did, _show(expected), _show(saw)
        super().__init__(f"did: {did}; expected: {self.expected}; saw: {self.saw}")


@dataclass(frozen=True)
class Check:
    """One registered check. `name` is unique: "<clause> <title>"."""

    clause: str
    title: str
    run: Callable[[Target], None]
    profile: Profile = "default"
    env: dict[str, str] = field(default_factory=dict)
    services: tuple[str, ...] = DEFAULT_SERVICES
    faults: tuple[str, ...] = ()
    variants: frozenset[str] | None = None
    alone: bool = False
    last: bool = False

    @property
    def name(self) -> str:
        return f"{self.clause} {self.title}"

    def fits(self, variants: Collection[str]) -> bool:
        """Whether a project of these variant words has what the check is about."""
        return self.variants is None or self.variants <= set(variants)


_registry: dict[str, Check] = {}


def check(
    clause: str,
    title: str,
    *,
    profile: Profile = "default",
    env: dict[str, str] | None = None,
    services: Iterable[str] = DEFAULT_SERVICES,
    faults: Iterable[str] = (),
    variants: Iterable[str] | None = None,
    alone: bool = False,
    last: bool = False,
) -> Callable[[Callable[[Target], None]], Callable[[Target], None]]:
    """Register a function as a check of `clause`. Several checks a clause are fine.

    profile, env   the environment the service is booted with (`env` overrides the profile).
                   Checks with the same pair share one stand (own database, Redis, mail sink).
    services       what runs when the check starts, of api api2 worker worker2. Nothing else runs.
    faults         what the check breaks: PG REDIS SMTP OTLP IDP WORKER API. Any fault moves the
                   check to a stand where checks run one after the other; it is healed afterwards.
    variants       restrict the check to projects with all of these ("jwt", "sess", "oauth",
                   "broker"); the clause's own variant always applies as well.
    alone          a timing check: nothing else of the suite runs beside it.
    last           looks back at the whole run (`t.run`): runs when all others are done.
    """

    def register(fn: Callable[[Target], None]) -> Callable[[Target], None]:
        made = Check(
            clause=clause,
            title=title,
            run=fn,
            profile=profile,
            env=dict(env or {}),
            services=tuple(services),
            faults=tuple(faults),
            variants=None if variants is None else frozenset(variants),
            alone=alone,
            last=last,
        )
        if made.name in _registry:
            raise ValueError(f"two checks are called {made.name!r}")
        _registry[made.name] = made
        return fn

    return register


def registered() -> list[Check]:
    """All checks imported so far, in the order they were written."""
    return list(_registry.values())


class Expectations:
    """The verbs of a check. `Target` inherits them, so checks write `t.expect(…)`."""

    def __init__(self) -> None:
        self._step = ""
        self._request = ""

    def step(self, did: str) -> None:
        """Say what is done next: used as `did` by whatever fails without one of its own."""
        self._step, self._request = did, ""

    def note_request(self, request: str) -> None:
        """The client's last request completes the step: "GET /v1/posts"."""
        self._request = request

    @property
    def current_step(self) -> str:
        """What the check is doing, as a report says it."""
        return "; last: ".join(part for part in (self._step, self._request) if part) or "started"

    def expect(
        self, condition: object, *, expected: object, saw: object, did: str | None = None
    ) -> None:
        """Fail unless `condition` is true."""
        if not condition:
            raise Failed(did=did or self.current_step, expected=expected, saw=saw)

    def equal(self, saw: object, expected: object, *, did: str | None = None) -> None:
        """Fail unless both are equal."""
        self.expect(saw == expected, did=did, expected=expected, saw=saw)

    def within(self, saw: float, low: float, high: float, *, did: str | None = None) -> None:
        """Fail unless low <= saw <= high."""
        self.expect(
            low <= saw <= high, did=did, expected=f"{low:.6g} to {high:.6g}", saw=f"{saw:.6g}"
        )

    def eventually(
        self,
        probe: Callable[[], T | None],
        *,
        timeout: float,
        expected: object,
        did: str | None = None,
        interval: float = 0.05,
        saw: Callable[[], object] | None = None,
    ) -> T:
        """Call `probe` until it returns something true (returned) or `timeout` seconds pass.

        A probe that raises is taken as "not yet"; the last answer or error is what was seen.
        """
        deadline = time.monotonic() + timeout
        while True:
            last: Any
            try:
                last = probe()
                if last:
                    return last  # type: ignore[no-any-return]
            except Exception as error:  # a service that is just coming back refuses connections
                last = f"{type(error).__name__}: {error}"
            if time.monotonic() >= deadline:
                raise Failed(
                    did=f"{did or self.current_step}; waited {timeout:g} s",
                    expected=expected,
                    saw=saw() if saw else last,
                )
            time.sleep(interval)

    def never(
        self,
        probe: Callable[[], object],
        *,
        seconds: float,
        expected: object,
        did: str | None = None,
        interval: float = 0.1,
    ) -> None:
        """Fail as soon as `probe` returns something true within `seconds`."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            seen = probe()
            if seen:
                raise Failed(did=did or self.current_step, expected=expected, saw=seen)
            time.sleep(interval)


def _show(value: object) -> str:
    text = value if isinstance(value, str) else repr(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}… ({len(text)} characters)"
