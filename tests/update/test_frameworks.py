"""Another framework for an untouched project: what comes of it is a fresh copy of the other one."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path

import pytest
from copier import run_copy

from roadbed.errors import OK
from roadbed.questions import load_questions
from roadbed.update import history
from tests.conftest import ROOT, TAG, Outcome, run, tree
from tests.update.conftest import commit

Fresh = Callable[..., Path]

FRAMEWORKS = load_questions(ROOT / "copier.yml")["framework"].values
OTHERS = (
    {"auth": "jwt", "social_login": False, "queue": "postgres"},
    {"auth": "session", "social_login": True, "queue": "kafka"},
)


@pytest.fixture(scope="module")
def fresh(snapshot: Path, tmp_path_factory: pytest.TempPathFactory) -> Fresh:
    """An untouched project of today's template. Read it, do not change it."""
    home = tmp_path_factory.mktemp("fresh")

    def call(**answers: str | bool) -> Path:
        folder = home / "-".join(str(value) for value in answers.values())
        if not folder.exists():
            run_copy(str(snapshot), folder, data=answers, defaults=True, quiet=True, vcs_ref=TAG)
        return folder

    return call


@pytest.mark.parametrize(
    ("before", "after", "others"),
    list(zip(FRAMEWORKS, (*FRAMEWORKS[1:], FRAMEWORKS[0]), itertools.cycle(OTHERS), strict=False)),
    ids=lambda value: value if isinstance(value, str) else value["queue"],
)
def test_a_fresh_copy_of_the_other_one(
    before: str,
    after: str,
    others: dict[str, str | bool],
    fresh: Fresh,
    snapshot: Path,
    roadbed: Callable[..., Outcome],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.setattr(history, "history_path", lambda: snapshot)
    project = tmp_path / "project"
    run("cp", "-a", fresh(framework=before, **others), project, cwd=tmp_path)
    run("git", "init", "-q", "-b", "main", cwd=project)
    commit(project)
    outcome = roadbed("set", f"framework={after}", project, "--yes")
    assert outcome.code == OK, outcome
    assert tree(project) == tree(fresh(framework=after, **others))
