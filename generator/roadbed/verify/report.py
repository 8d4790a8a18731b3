"""Verdicts: of a check, of a clause, of the run; on the terminal and as JSON."""

from __future__ import annotations

import json
import os
import sys
import threading
from collections import defaultdict
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal, TextIO

from roadbed.verify.clauses import Clause
from roadbed.verify.project import Project

Status = Literal["passed", "failed", "not applicable"]


@dataclass
class Result:
    """How one check ended. The last members are empty when it passed."""

    clause: str
    title: str
    passed: bool
    seconds: float
    did: str = ""
    expected: str = ""
    saw: str = ""
    log: str = ""
    trace: str = ""


@dataclass
class Verdict:
    """How a clause ended."""

    clause: Clause
    status: Status
    results: list[Result] = field(default_factory=list)

    @property
    def counts(self) -> bool:
        """Whether a failure of it fails the run."""
        return self.clause.level == "MUST"

    @property
    def seconds(self) -> float:
        return sum(result.seconds for result in self.results)


@dataclass
class Report:
    """The whole run. `ok` is true when every applicable MUST holds."""

    project: Project
    verdicts: list[Verdict] = field(default_factory=list)
    seconds: float = 0.0
    workdir: Path | None = None

    @property
    def failures(self) -> list[Verdict]:
        """Clauses that fail the run."""
        return [v for v in self.verdicts if v.status == "failed" and v.counts]

    @property
    def warnings(self) -> list[Verdict]:
        """SHOULD clauses that do not hold."""
        return [v for v in self.verdicts if v.status == "failed" and not v.counts]

    @property
    def ok(self) -> bool:
        return bool(self.verdicts) and not self.failures

    def as_dict(self) -> dict[str, Any]:
        return {
            "project": str(self.project.root),
            "variant": {
                "auth": self.project.auth,
                "queue": self.project.queue,
                "social_login": self.project.social,
            },
            "ok": self.ok,
            "seconds": round(self.seconds, 1),
            "clauses": [
                {
                    "id": verdict.clause.id,
                    "level": verdict.clause.level,
                    "summary": verdict.clause.summary,
                    "status": verdict.status,
                    "seconds": round(verdict.seconds, 2),
                    "checks": [
                        {k: v for k, v in asdict(result).items() if v not in ("",)}
                        for result in verdict.results
                    ],
                }
                for verdict in self.verdicts
            ],
        }

    def write(self, path: Path) -> None:
        """As JSON; whole or not at all."""
        scratch = path.with_name(path.name + ".part")
        scratch.write_text(json.dumps(self.as_dict(), indent=2) + "\n", "utf-8")
        scratch.replace(path)


class Progress:
    """One line per clause as it is decided. Plain when nobody looks or NO_COLOR is set."""

    def __init__(self, out: TextIO | None = None) -> None:
        self._out = out or sys.stdout
        self._colour = self._out.isatty() and "NO_COLOR" not in os.environ
        self._lock = threading.Lock()

    def say(self, text: str) -> None:
        with self._lock:
            print(text, file=self._out, flush=True)

    def decided(self, verdict: Verdict) -> None:
        """The clause's line, and what went wrong below it."""
        mark = _MARKS[verdict.status if verdict.counts or verdict.status != "failed" else "warn"]
        word = self._paint(mark[0], mark[1])
        checks = len(verdict.results)
        note = f"{checks} check{'s' if checks != 1 else ''}, {verdict.seconds:.1f} s"
        lines = [f"{word} {verdict.clause.id:<9} {verdict.clause.summary} ({note})"]
        for result in verdict.results:
            if not result.passed:
                lines += _explain(result)
        self.say("\n".join(lines))

    def summary(self, report: Report) -> None:
        """The closing table: one row per group, then the sum and what does not apply."""
        rows: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
        for verdict in report.verdicts:
            warned = verdict.status == "failed" and not verdict.counts
            rows[verdict.clause.group]["warned" if warned else verdict.status] += 1
        columns = ("passed", "failed", "warned", "not applicable")
        lines = ["", f"{'group':<8}" + "".join(f"{name:>16}" for name in columns)]
        for group, row in rows.items():
            lines.append(f"{group:<8}" + "".join(f"{row[name] or '-':>16}" for name in columns))
        away = [v.clause.id for v in report.verdicts if v.status == "not applicable"]
        if away:
            lines += ["", f"Not applicable to this variant: {', '.join(away)}"]
        lines += ["", self._closing(report)]
        self.say("\n".join(lines))

    def _closing(self, report: Report) -> str:
        checks = sum(len(verdict.results) for verdict in report.verdicts)
        passed = sum(verdict.status == "passed" for verdict in report.verdicts)
        numbers = f"{passed} clauses hold, {checks} checks, {report.seconds:.0f} s"
        if report.ok:
            words = self._paint("The service keeps the contract", 32)
            missed = [verdict.clause.id for verdict in report.warnings]
            return f"{words}: {numbers}" + (f"; SHOULD not met: {', '.join(missed)}" * bool(missed))
        broken = (
            ", ".join(verdict.clause.id for verdict in report.failures) or "nothing was checked"
        )
        return f"{self._paint('The service breaks the contract', 31)}: {broken} ({numbers})"

    def _paint(self, text: str, colour: int) -> str:
        return f"\x1b[{colour}m{text}\x1b[0m" if self._colour else text


_MARKS = {
    "passed": ("ok  ", 32),
    "failed": ("FAIL", 31),
    "warn": ("warn", 33),
    "not applicable": ("n/a ", 2),
}


def _explain(result: Result) -> list[str]:
    lines = [f"     check:    {result.title}"]
    for label, text in (
        ("did:", result.did),
        ("expected:", result.expected),
        ("saw:", result.saw),
        ("trace:", result.trace),
        ("log:", result.log),
    ):
        if text:
            first, *rest = text.splitlines()
            lines.append(f"     {label:<9} {first}")
            lines += [f"               {line}" for line in rest]
    return lines
