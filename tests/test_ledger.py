"""The ledger: read as written, true today, and complete."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from roadbed.errors import SourceError
from roadbed.fingerprint import COMPOSED, fingerprints
from roadbed.ledger import CONTAINERS, PAGE, Row, draw, make_row, read_ledger, write_ledger
from roadbed.matrix import Variant, default_variant, every_variant, named
from roadbed.questions import Questionnaire, load_questions
from roadbed.source import TemplateSource
from roadbed.verify import CLAUSES, Project, all_checks
from tests.conftest import ROOT
from tests.template.features import LANGUAGES

LEDGER = ROOT / PAGE
MEND = "run make matrix CHANGED=1"
MEND_CONTAINERS = "run make containers CHANGED=1"
VARIANT = Variant("a-b", (("x", "a"), ("y", "b")))
REPORT = {
    "clauses": [
        {"id": "HTTP-01", "status": "passed", "checks": [{"passed": True}, {"passed": True}]},
        {"id": "SESS-06", "status": "failed", "checks": [{"passed": False}]},
        {"id": "JWT-01", "status": "not applicable", "checks": []},
    ]
}
ROW = make_row(VARIANT, "0123456789abcdef", REPORT, "2026-11-22", 7.04)


@pytest.fixture(scope="module")
def questions(source: TemplateSource) -> Questionnaire:
    return load_questions(source.questions_file)


@pytest.fixture(scope="module")
def variants(source: TemplateSource, questions: Questionnaire) -> tuple[Variant, ...]:
    return every_variant(source, questions)


def test_a_row_counts_what_held() -> None:
    assert (ROW.clauses, ROW.missed, ROW.checks, ROW.minutes) == (1, ("SESS-06",), 2, 7.0)


@pytest.mark.parametrize("missed", [(), ("SESS-06",), ("SESS-06", "DB-09")])
def test_it_is_read_as_it_was_written(missed: tuple[str, ...], tmp_path: Path) -> None:
    rows = (replace(ROW, missed=missed), replace(ROW, variant="c-d"))
    write_ledger(tmp_path / "l.md", reversed(rows), ["a-b", "c-d"])
    assert read_ledger(tmp_path / "l.md") == rows
    assert [path.name for path in tmp_path.iterdir()] == ["l.md"]


def test_an_empty_one_and_a_missing_one_have_no_rows(tmp_path: Path) -> None:
    write_ledger(tmp_path / "l.md", [], [])
    assert read_ledger(tmp_path / "l.md") == read_ledger(tmp_path / "none.md") == ()


def test_one_that_was_edited_badly_is_a_fault(tmp_path: Path) -> None:
    write_ledger(tmp_path / "l.md", [ROW], ["a-b"])
    text = (tmp_path / "l.md").read_text()
    for broken in (text.replace(" 2026-11-22 |", ""), text.replace("| 7.0 |", "| soon |")):
        (tmp_path / "l.md").write_text(broken)
        with pytest.raises(SourceError, match="make matrix"):
            read_ledger(tmp_path / "l.md")


def test_a_sample_is_the_commits_and_fits() -> None:
    rows = [replace(ROW, variant=f"v{number}", minutes=10.0) for number in range(20)]
    assert draw(rows, "abc", 0) == draw(rows, "abc", 0)
    assert len(draw(rows, "abc", 0)) == 1
    assert len(draw(rows, "abc", 1800)) == 3
    assert len(draw(rows, "abc", 1e9)) == len(rows)
    assert len({draw(rows, str(seed), 0) for seed in range(200)}) == len(rows)
    assert draw([], "abc", 100) == ()


# -- the ledger of this repository ----------------------------------------------------------------


@pytest.fixture(scope="module")
def rows() -> tuple[Row, ...]:
    return read_ledger(LEDGER)


def test_every_row_is_of_a_variant_that_is_offered(
    rows: tuple[Row, ...], variants: tuple[Variant, ...]
) -> None:
    offered = {each.name: each.choices for each in variants}
    assert [row.variant for row in rows if offered.get(row.variant) != row.answers] == []
    assert len({row.variant for row in rows}) == len(rows)


def test_every_row_is_of_todays_tree(
    rows: tuple[Row, ...], variants: tuple[Variant, ...], source: TemplateSource
) -> None:
    trees = fingerprints(named([row.variant for row in rows], variants), source)
    stale = [row.variant for row in rows if row.tree != trees[row.variant]]
    assert stale == [], MEND


def test_every_row_has_every_clause_of_its_variant(rows: tuple[Row, ...]) -> None:
    """A part of the suite proves a part of the contract; so does the suite of a while ago."""
    for row in rows:
        answers = dict(row.answers)
        social = answers["social_login"] == "true"
        project = Project(Path(), auth=answers["auth"], queue=answers["queue"], social=social)
        has = project.variants
        due = [c for c in all_checks() if c.fits(has) and CLAUSES[c.clause].applies_to(has)]
        clauses = {check.clause for check in due}
        assert row.clauses + len(row.missed) == len(clauses), f"{row.variant}: {MEND}"
        assert {CLAUSES[missed].level for missed in row.missed} <= {"SHOULD"}, row.variant
        certain = sum(check.clause not in row.missed for check in due)
        assert certain <= row.checks <= len(due), f"{row.variant}: {MEND}"


def test_every_pair_of_choices_has_a_green_row(
    rows: tuple[Row, ...], variants: tuple[Variant, ...], questions: Questionnaire
) -> None:
    """And so has every choice of every question, and the default variant."""
    offered = {
        frozenset(pair) for each in variants for pair in itertools.combinations(each.choices, 2)
    }
    green = {frozenset(pair) for row in rows for pair in itertools.combinations(row.answers, 2)}
    assert [sorted(pair) for pair in sorted(offered - green, key=sorted)] == [], MEND
    assert default_variant(variants, questions).name in {row.variant for row in rows}, MEND


def test_every_row_in_containers_is_of_todays_tree(
    variants: tuple[Variant, ...], source: TemplateSource
) -> None:
    rows = read_ledger(ROOT / CONTAINERS)
    assert rows
    trees = fingerprints(named([row.variant for row in rows], variants), source, beside=COMPOSED)
    stale = [row.variant for row in rows if row.tree != trees[row.variant]]
    assert stale == [], MEND_CONTAINERS


def test_every_queue_has_a_green_row_in_containers(
    variants: tuple[Variant, ...], questions: Questionnaire
) -> None:
    """The default variant's, with each of them in its place."""
    default = default_variant(variants, questions).answers
    wanted = [default | {"queue": queue} for queue in questions["queue"].values]
    proven = [dict(row.answers) for row in read_ledger(ROOT / CONTAINERS)]
    assert [each["queue"] for each in wanted if each not in proven] == [], MEND_CONTAINERS


def test_every_queue_of_every_language_has_a_green_row_in_containers(
    variants: tuple[Variant, ...],
) -> None:
    """A language has an image of its own, and a queue a composition."""
    offered = {_language_and_queue(each.answers) for each in variants}
    proven = {_language_and_queue(dict(row.answers)) for row in read_ledger(ROOT / CONTAINERS)}
    assert sorted(offered - proven) == [], 'run make containers ROWS="NAME …"'


def _language_and_queue(answers: Mapping[str, object]) -> tuple[str, str]:
    return LANGUAGES[str(answers["framework"])], str(answers["queue"])
