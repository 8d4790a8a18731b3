"""The engine: which check runs where, when and beside which."""

from __future__ import annotations

import queue
import threading
import time
import traceback
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from dataclasses import dataclass, field

from roadbed.services import CannotControl
from roadbed.verify.check import DEFAULT_SERVICES, Check, Failed
from roadbed.verify.clauses import Clause
from roadbed.verify.observer import WATCHED
from roadbed.verify.report import Progress, Result, Verdict
from roadbed.verify.run import Run
from roadbed.verify.stand import Stand
from roadbed.verify.target import Target

_DEATH_SHOWS_WITHIN = 0.3
"""Seconds until a process that has ended can be seen to have."""
LANES = 3
"""How much runs side by side. Most checks wait for clocks, not for a processor."""


@dataclass
class Group:
    """Checks that share a stand and run on it one after the other."""

    profile: str
    env: tuple[tuple[str, str], ...]
    checks: list[Check] = field(default_factory=list)


@dataclass
class Plan:
    """The checks of a run by how they may be run."""

    shared: list[Check] = field(default_factory=list)
    groups: list[Group] = field(default_factory=list)
    alone: list[Group] = field(default_factory=list)
    last: list[Check] = field(default_factory=list)


def plan(checks: Iterable[Check]) -> Plan:
    """Sort checks: beside each other on the shared stand, in groups of their own, or alone."""
    made = Plan()
    together: dict[tuple[object, ...], Group] = {}
    for check in checks:
        env = tuple(sorted(check.env.items()))
        if check.last:
            made.last.append(check)
        elif not (check.alone or check.faults or env or check.profile != "default") and set(
            check.services
        ) == set(DEFAULT_SERVICES):
            made.shared.append(check)
        else:
            key = (check.alone, check.profile, env)
            if key not in together:
                together[key] = Group(check.profile, env)
                (made.alone if check.alone else made.groups).append(together[key])
            together[key].checks.append(check)
    for group in (*made.groups, *made.alone):
        # Fewer starts and stops of services between checks.
        group.checks.sort(key=lambda check: sorted(check.services))
    made.groups.sort(key=lambda group: -len(group.checks))
    return made


class Runner:
    """Runs checks and decides clauses."""

    def __init__(self, run: Run, clauses: list[Clause], checks: list[Check], out: Progress) -> None:
        self._run, self._clauses, self._out = run, clauses, out
        wanted = {clause.id: clause for clause in clauses}
        # A clause with checks none of which fits the variant (weak secrets, where there are none)
        # asks nothing of it; one without any check is a gap in the suite.
        self._checkable = {check.clause for check in checks}
        self._checks = [
            check
            for check in checks
            if check.clause in wanted
            and wanted[check.clause].applies_to(run.project.variants)
            and check.fits(run.project.variants)
        ]
        self._results: dict[str, list[Result]] = {clause.id: [] for clause in clauses}
        self._verdicts: dict[str, Verdict] = {}
        self._lock = threading.Lock()
        self._cancelled = False

    def execute(self) -> list[Verdict]:
        """Run everything; verdicts in the contract's order."""
        made = plan(self._checks)
        with ExitStack() as closing:
            shared: list[Stand] = []
            if made.shared or made.last:
                shared.append(closing.enter_context(Stand(self._run, "default", {})))
                shared[0].prepare(DEFAULT_SERVICES)
            work: list[Callable[[], None]] = [self._group_work(group) for group in made.groups]
            work += [self._shared_work(shared[0], check) for check in made.shared]
            try:
                self._side_by_side(work)
                for group in made.alone:
                    self._group_work(group)()
                for check in made.last:
                    self._shared_work(shared[0], check)()
                if shared:
                    time.sleep(_DEATH_SHOWS_WITHIN)
                    self._look_for_the_dead(shared[0], "the last check")
            except BaseException:
                self._cancelled = True
                raise
        self._decide_watched()
        return [self._decide(clause, final=True) for clause in self._clauses]

    def _side_by_side(self, work: list[Callable[[], None]]) -> None:
        """A few lanes of daemon threads: Ctrl-C ends the program without waiting for them."""
        waiting: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        for item in work:
            waiting.put(item)
        errors: list[BaseException] = []

        def lane() -> None:
            while not self._cancelled:
                try:
                    waiting.get_nowait()()
                except queue.Empty:
                    return
                except BaseException as error:
                    errors.append(error)
                    return

        lanes = [threading.Thread(target=lane, daemon=True) for _ in range(min(LANES, len(work)))]
        for thread in lanes:
            thread.start()
        for thread in lanes:
            while thread.is_alive():
                thread.join(0.2)
        if errors:
            raise errors[0]

    def _shared_work(self, stand: Stand, check: Check) -> Callable[[], None]:
        def work() -> None:
            if stand.dead(DEFAULT_SERVICES):
                self._look_for_the_dead(stand, f"a check before {check.name}")
                stand.bring_up(DEFAULT_SERVICES)
            self._record(check, self._perform(check, stand))

        return work

    def _group_work(self, group: Group) -> Callable[[], None]:
        def work() -> None:
            first = group.checks[0]
            try:
                with Stand(self._run, first.profile, first.env) as stand:
                    for check in group.checks:
                        if self._cancelled:
                            return
                        stand.prepare(check.services)
                        stand.redis_client.flushdb()
                        self._record(check, self._perform(check, stand))
            except Exception as error:
                for check in group.checks:
                    if not self._has_result(check):
                        self._record(check, _stand_failed(check, error))

        return work

    def _perform(self, check: Check, stand: Stand) -> Result:
        target = Target(stand, self._run)
        began = time.monotonic()
        result = Result(check.clause, check.title, True, 0.0)
        try:
            check.run(target)
        except Failed as failure:
            result = _failed(check, failure.did, failure.expected, failure.saw)
        except CannotControl as refusal:
            result = _failed(
                check, target.current_step, "a fault that can be injected", str(refusal)
            )
        except Exception as error:
            saw = f"{type(error).__name__}: {error}"
            result = _failed(check, target.current_step, "the check runs to its end", saw)
            result.trace = "".join(traceback.format_exception(error)[-3:]).strip()
        finally:
            target.close()
        if not result.passed:
            result.log = stand.tail()
        result.seconds = time.monotonic() - began
        return result

    def _look_for_the_dead(self, stand: Stand, when: str) -> None:
        for service in stand.dead(DEFAULT_SERVICES):
            self._run.crashed(f"{service.name} ended with {service.exit_code} during {when}")

    # -- verdicts -----------------------------------------------------------------------------

    def _record(self, check: Check, result: Result) -> None:
        with self._lock:
            self._results[check.clause].append(result)
        clause = next(clause for clause in self._clauses if clause.id == check.clause)
        if clause.id not in WATCHED:
            self._decide(clause)

    def _has_result(self, check: Check) -> bool:
        with self._lock:
            return any(result.title == check.title for result in self._results[check.clause])

    def _decide_watched(self) -> None:
        """Global clauses: whatever the suite's client saw in the whole run counts."""
        for clause in self._clauses:
            for violation in self._run.watcher.violations(clause.id):
                saw = f"{violation.saw} ({violation.count} times in the run)"
                result = Result(clause.id, "every answer of the run", False, 0.0)
                result.did, result.expected, result.saw = violation.did, violation.expected, saw
                self._results[clause.id].append(result)
            if clause.id == "SEC-07" and self._run.crashes:
                result = Result(clause.id, "no service ended by itself", False, 0.0)
                result.did, result.expected = "ran the suite", "every process lives"
                result.saw = "; ".join(self._run.crashes)
                self._results[clause.id].append(result)

    def _decide(self, clause: Clause, *, final: bool = False) -> Verdict:
        """The clause's verdict, printed once: as soon as all its checks are done."""
        with self._lock:
            results = list(self._results[clause.id])
            expected = sum(check.clause == clause.id for check in self._checks)
            if clause.id in self._verdicts:
                verdict = self._verdicts[clause.id]
                if len(verdict.results) == len(results):
                    return verdict
            elif len(results) < expected and not final:
                return Verdict(clause, "failed", results)
            applies = clause.applies_to(self._run.project.variants)
            idle = expected == 0 and not results and clause.id in self._checkable
            verdict = _judge(clause, results, expected, applies and not idle)
            self._verdicts[clause.id] = verdict
        if verdict.status != "not applicable":
            self._out.decided(verdict)
        return verdict


def _judge(clause: Clause, results: list[Result], expected: int, applies: bool) -> Verdict:
    if not applies:
        return Verdict(clause, "not applicable")
    if expected == 0:
        missing = Result(clause.id, "there is a check", False, 0.0)
        missing.did, missing.expected = "looked for checks", "at least one check of this clause"
        missing.saw = "none: the suite cannot say whether the clause holds"
        return Verdict(clause, "failed", [*results, missing])
    passed = len(results) >= expected and all(result.passed for result in results)
    return Verdict(clause, "passed" if passed else "failed", results)


def _failed(check: Check, did: str, expected: str, saw: str) -> Result:
    return Result(check.clause, check.title, False, 0.0, did=did, expected=expected, saw=saw)


def _stand_failed(check: Check, error: Exception) -> Result:
    did = f"started a stand with profile {check.profile} {check.env or ''}".strip()
    return _failed(check, did, "servers and services come up", f"{type(error).__name__}: {error}")
