"""The list of breakages stays true: each can be applied, and each clause has one."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from roadbed.verify import all_checks
from roadbed.verify.clauses import CLAUSES
from tests.mutations.mutation import Mutation, Stale
from tests.mutations.operations import MUTATIONS

GROUPS = ("RATE", "JOBS", "SCHED", "OBS", "HEALTH", "CONFIG", "SHUT", "DB")
CHECKS = [
    check
    for check in all_checks()
    if CLAUSES[check.clause].group in GROUPS and CLAUSES[check.clause].variant != "broker"
]


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.id)
def test_it_can_be_applied(mutation: Mutation, default_project: Path, tmp_path: Path) -> None:
    copy = tmp_path / mutation.file
    copy.parent.mkdir(parents=True)
    shutil.copy(default_project / mutation.file, copy)
    before = copy.read_text("utf-8")
    mutation.apply(tmp_path)
    assert copy.read_text("utf-8") != before
    if copy.suffix == ".py":
        compile(copy.read_text("utf-8"), mutation.file, "exec")


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.id)
def test_a_check_is_meant_to_notice(mutation: Mutation) -> None:
    assert [
        check
        for check in CHECKS
        if check.clause == mutation.clause and mutation.check in check.title
    ]


def test_every_checked_clause_has_one() -> None:
    covered = {mutation.clause for mutation in MUTATIONS}
    assert {check.clause for check in CHECKS} == covered
    assert len({mutation.id for mutation in MUTATIONS}) == len(MUTATIONS)


def test_a_mutation_that_would_do_nothing_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "f").write_text("a a")
    for old in ("b", "a"):
        with pytest.raises(Stale):
            Mutation("x", "DB-01", "f", old, "c").apply(tmp_path)
