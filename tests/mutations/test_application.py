"""The list of breakages stays true: each can be applied, and each clause has one."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from roadbed.verify import all_checks
from roadbed.verify.clauses import CLAUSES
from tests.mutations.application import MUTATIONS
from tests.mutations.mutation import Mutation
from tests.mutations.runner import meant_checks

GROUPS = ("HTTP", "ERR", "AUTH", "JWT", "USERS", "POSTS", "CACHE", "SEC")


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.id)
def test_it_can_be_applied(mutation: Mutation, default_project: Path, tmp_path: Path) -> None:
    copy = tmp_path / mutation.file
    copy.parent.mkdir(parents=True)
    shutil.copy(default_project / mutation.file, copy)
    mutation.apply(tmp_path)
    if copy.suffix == ".py":
        compile(copy.read_text("utf-8"), mutation.file, "exec")


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.id)
def test_a_check_is_meant_to_notice(mutation: Mutation) -> None:
    assert meant_checks(mutation)


def test_every_checked_clause_has_one() -> None:
    checked = {check.clause for check in all_checks() if CLAUSES[check.clause].group in GROUPS}
    assert {mutation.clause for mutation in MUTATIONS} == checked
    assert len({mutation.id for mutation in MUTATIONS}) == len(MUTATIONS)
