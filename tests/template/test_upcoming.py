"""Choices that are not offered yet keep the rules of every variant: they render, whole and alone.

While nothing waits, only the way to put something on offer is tested.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

import tests.template.upcoming
from roadbed.fingerprint import render_variant
from roadbed.matrix import BESIDE, Variant, beside_variants, every_variant
from roadbed.questions import load_questions
from roadbed.render import open_worker
from roadbed.source import TemplateSource
from tests.conftest import ROOT
from tests.template.features import FEATURES, LANGUAGES, UPCOMING, UPCOMING_FEATURES
from tests.template.product import COMMON, RULES, Emitted
from tests.template.upcoming import offer_upcoming

NEW = {(name, value) for name, choices in UPCOMING.items() for value in choices.values()}


def upcoming(source: TemplateSource) -> list[Variant]:
    """Each new service, and one of them with each choice of what stands beside it."""
    questions = load_questions(source.questions_file)
    services = [each for each in every_variant(source, questions) if NEW & set(each.choices)]
    return [*services, *(each for one in services[:1] for each in beside_variants(one, questions))]


def test_what_waits_is_put_on_offer(
    snapshot: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    checkout = Path(shutil.copytree(snapshot, tmp_path / "checkout"))
    path = checkout / "copier.yml"

    def offered() -> dict[str, str]:
        choices: dict[str, str] = yaml.safe_load(path.read_text("utf-8"))["framework"]["choices"]
        return choices

    today = offered()
    label = next(label for label, value in today.items() if value == "flask")
    path.write_text(path.read_text("utf-8").replace(f"    {label}: flask\n", ""), "utf-8")
    assert "flask" not in offered().values()
    monkeypatch.setattr(tests.template.upcoming, "UPCOMING", {"framework": {label: "flask"}})
    offer_upcoming(checkout)
    assert offered() == today


def test_none_of_them_is_offered() -> None:
    """Once one is, its lines here are one too many."""
    questions = load_questions(ROOT / "copier.yml")
    for name, choices in UPCOMING.items():
        assert not set(choices.values()) & set(questions[name].values)


def test_the_languages_are_copiers_own(widened: TemplateSource) -> None:
    for framework, language in LANGUAGES.items():
        worker = open_worker(widened, Path("/nonexistent/x"), {"framework": framework})
        worker._ask()
        assert worker.answers.combined["language"] == language


def test_each_variant_keeps_every_rule(widened: TemplateSource, tmp_path: Path) -> None:
    variants = upcoming(widened)
    questions = load_questions(widened.questions_file)
    beside = {name: questions[name].default for name in BESIDE}
    assert {choice for each in variants for choice in each.choices} >= NEW
    for variant in variants:
        folder = tmp_path / variant.name
        render_variant(variant, widened, folder)
        emitted = Emitted.read(beside | variant.answers, folder)
        assert [fault for rule in RULES for fault in rule(emitted)] == [], variant.name
        for feature in FEATURES + UPCOMING_FEATURES:
            if feature.words and feature.applies(emitted.choices):
                texts = [text for name, text in emitted.files.items() if name not in COMMON]
                assert any(re.search(feature.words, text) for text in texts), feature
        if not (folder / "pyproject.toml").exists():
            continue
        for words in (["check", "--quiet"], ["format", "--check", "--quiet"]):
            command = [sys.executable, "-m", "ruff", *words, "--no-cache", str(folder)]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            assert done.returncode == 0, variant.name + done.stdout + done.stderr
