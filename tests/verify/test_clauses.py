"""The table of clauses, against the contract's own text where that is at hand."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from roadbed.verify import all_checks
from roadbed.verify.clauses import CLAUSES, UnknownClause, select

_SHARED = Path(__file__).parents[3] / "shared" / "contract"
_CLAUSE = re.compile(r"^- \*\*([A-Z]+-\d\d)\*\* · (MUST|SHOULD) · (\w+) · ([^—]*?) —", re.MULTILINE)
_FAULTS = {"REDIS", "PG", "BROKER", "SMTP", "IDP", "OTLP", "WORKER", "API", "BOOT"}

needs_contract = pytest.mark.skipif(
    not _SHARED.exists() and "CI" not in os.environ, reason="no ../shared beside this checkout"
)


@needs_contract
def test_agrees_with_the_contract() -> None:
    text = (_SHARED / "contract.md").read_text("utf-8")
    theirs = {
        name: (level, variant, tuple(tag for tag in tags.split() if tag in _FAULTS))
        for name, level, variant, tags in _CLAUSE.findall(text)
    }
    ours = {c.id: (c.level, c.variant, c.faults) for c in CLAUSES.values()}
    assert ours == theirs


@needs_contract
def test_the_api_description_is_the_contracts() -> None:
    from roadbed.verify import contract

    assert contract.text() == (_SHARED / "openapi.yaml").read_text("utf-8")


def test_every_clause_of_the_jwt_variant_has_a_check() -> None:
    checked = {check.clause for check in all_checks()}
    variants = {"jwt"}
    missing = [c.id for c in CLAUSES.values() if c.applies_to(variants) and c.id not in checked]
    assert missing == []


def test_every_check_belongs_to_a_clause() -> None:
    assert [check.name for check in all_checks() if check.clause not in CLAUSES] == []


def test_selection_by_group_and_id_keeps_the_contracts_order() -> None:
    names = [clause.id for clause in select(["jobs-05", "ERR"])]
    assert names == ["ERR-01", "ERR-02", "ERR-03", "ERR-04", "ERR-05", "JOBS-05"]


@pytest.mark.parametrize("words", [["NOPE"], ["ERR", "ERR-99"], [""]])
def test_unknown_selection_is_refused(words: list[str]) -> None:
    with pytest.raises(UnknownClause, match="no such clause"):
        select(words)
