"""Every pair of choices, by way of pytest-copie: it renders, and as it says.

The full product is rendered in process, by tests/template/test_product.py.
"""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from pytest_copie.plugin import Copie

from roadbed.matrix import Variant, default_variant, every_variant, pairwise
from roadbed.questions import as_text, load_questions
from roadbed.source import find_source
from tests.conftest import TAG, Roadbed

_SOURCE = find_source()
_QUESTIONS = load_questions(_SOURCE.questions_file)
_EVERY = every_variant(_SOURCE, _QUESTIONS)
VARIANTS = pairwise(_EVERY, default_variant(_EVERY, _QUESTIONS))


@pytest.mark.parametrize("variant", VARIANTS, ids=lambda variant: variant.name)
def test_variant(variant: Variant, copie: Copie, snapshot: Path) -> None:
    result = copie.copy(extra_answers=variant.answers, template_dir=snapshot)
    assert result.exception is None, result.exception
    assert result.exit_code == 0
    assert result.project_dir is not None
    recorded = yaml.safe_load((result.project_dir / ".copier-answers.yml").read_text())
    assert variant.answers == {name: as_text(recorded[name]) for name in variant.answers}
    assert recorded["_commit"] == TAG
    for name in ("Makefile", "README.md", "openapi.yaml", ".env.example", ".gitignore"):
        assert (result.project_dir / name).is_file(), name


def test_an_answer_nobody_offers_is_refused(roadbed: Roadbed) -> None:
    for name in VARIANTS[0].answers:
        assert roadbed("new", "x", "--set", f"{name}=nobody").code != 0
