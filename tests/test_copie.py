"""Every variant that is offered, by way of pytest-copie: it renders, and as it says."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest
import yaml
from pytest_copie.plugin import Copie

from roadbed.questions import load_questions
from tests.conftest import ROOT, TAG, Roadbed

_CHOOSING = [q for q in load_questions(ROOT / "copier.yml").asked if q.choices]
VARIANTS = [
    dict(zip((question.name for question in _CHOOSING), values, strict=True))
    for values in itertools.product(*(question.values for question in _CHOOSING))
]


@pytest.mark.parametrize("variant", VARIANTS, ids=lambda variant: "-".join(variant.values()))
def test_variant(variant: dict[str, str], copie: Copie, snapshot: Path) -> None:
    result = copie.copy(extra_answers=variant, template_dir=snapshot)
    assert result.exception is None, result.exception
    assert result.exit_code == 0
    assert result.project_dir is not None
    recorded = yaml.safe_load((result.project_dir / ".copier-answers.yml").read_text())
    assert variant.items() <= recorded.items()
    assert recorded["_commit"] == TAG
    for name in ("Makefile", "README.md", "openapi.yaml", ".env.example", ".gitignore"):
        assert (result.project_dir / name).is_file(), name


def test_an_answer_nobody_offers_is_refused(roadbed: Roadbed) -> None:
    for name in (question.name for question in _CHOOSING):
        assert roadbed("new", "x", "--set", f"{name}=nobody").code != 0
