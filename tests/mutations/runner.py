"""The proof of the proof: break a project on purpose and see the right check fail."""

from __future__ import annotations

import io
import shutil
import time
from dataclasses import dataclass
from pathlib import Path

from roadbed.verify import Crashed, Progress, all_checks, load, verify
from roadbed.verify.check import Check
from roadbed.verify.report import Report
from tests.mutations.mutation import Mutation

_NEVER_RAN = "servers and services come up"


@dataclass(frozen=True)
class Proof:
    """`caught` is true when a check that ran noticed the breakage; `story` tells what it saw."""

    mutation: Mutation
    caught: bool
    seconds: float
    story: str


def prove(mutation: Mutation, project: Path) -> Proof:
    """Apply, run the meant checks, restore. The project must be set up; it is left as it was."""
    path = project / mutation.file
    whole = path.read_bytes()
    began = time.monotonic()
    try:
        mutation.apply(project)
        caught, story = _judge(mutation, project)
    finally:
        path.write_bytes(whole)
    return Proof(mutation, caught, time.monotonic() - began, story)


def _judge(mutation: Mutation, project: Path) -> tuple[bool, str]:
    out = io.StringIO()
    try:
        report = verify(
            load(project),
            clauses=[mutation.clause],
            checks=meant_checks(mutation),
            setup=False,
            progress=Progress(out),
        )
    except Crashed as error:
        return False, f"the broken service does not even start: {error}"
    if report.workdir:  # a caught breakage is no failure whose logs anybody wants
        shutil.rmtree(report.workdir, ignore_errors=True)
    return _noticed(report), out.getvalue()


def meant_checks(mutation: Mutation) -> list[Check]:
    """The checks that are to notice; LookupError when there is none."""
    found = [
        check
        for check in all_checks()
        if check.clause == mutation.clause and mutation.check in check.title
    ]
    if not found:
        raise LookupError(f"{mutation.id}: no check of {mutation.clause} is meant to notice")
    return found


def _noticed(report: Report) -> bool:
    """A stand that did not come up proves nothing; SHOULD clauses count like the others."""
    return any(
        not result.passed and result.expected != _NEVER_RAN
        for verdict in report.verdicts
        for result in verdict.results
    )
