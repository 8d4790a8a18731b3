"""The list of breakages stays true: each can be applied, and each clause has one."""

from __future__ import annotations

from pathlib import Path

import pytest

from roadbed.answers import check
from roadbed.questions import load_questions
from roadbed.render import render
from roadbed.source import TemplateSource
from roadbed.verify import all_checks
from roadbed.verify.clauses import CLAUSES
from tests.mutations.identity import MUTATIONS
from tests.mutations.mutation import Mutation
from tests.mutations.runner import meant_checks

GROUPS = ("SESS", "OAUTH")


@pytest.fixture(scope="module")
def project(source: TemplateSource, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("identity") / "my-service"
    given = {"auth": "session", "social_login": True, "queue": "redis"}
    render(source, folder, check(given, source, load_questions(source.questions_file)).answers)
    return folder


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.id)
def test_it_can_be_applied(mutation: Mutation, project: Path) -> None:
    path = project / mutation.file
    whole = path.read_bytes()
    try:
        mutation.apply(project)
        assert path.read_bytes() != whole
        if path.suffix == ".py":
            compile(path.read_text("utf-8"), mutation.file, "exec")
    finally:
        path.write_bytes(whole)


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.id)
def test_a_check_is_meant_to_notice(mutation: Mutation) -> None:
    assert meant_checks(mutation)


def test_every_checked_clause_has_one() -> None:
    checked = {found.clause for found in all_checks() if CLAUSES[found.clause].group in GROUPS}
    assert {mutation.clause for mutation in MUTATIONS} == checked
    assert len({mutation.id for mutation in MUTATIONS}) == len(MUTATIONS)
