"""Choices that are not offered yet keep the rules of every variant: they render, whole and alone."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from roadbed.fingerprint import render_variant
from roadbed.matrix import BESIDE, Variant, every_variant
from roadbed.questions import load_questions
from roadbed.source import TemplateSource, open_source
from tests.conftest import ROOT
from tests.template.features import FEATURES, UPCOMING, UPCOMING_FEATURES
from tests.template.product import COMMON, RULES, Emitted


@pytest.fixture(scope="module")
def widened(snapshot: Path, tmp_path_factory: pytest.TempPathFactory) -> TemplateSource:
    """The template as it will be once it offers them."""
    folder = tmp_path_factory.mktemp("widened") / "checkout"
    shutil.copytree(snapshot, folder, ignore=shutil.ignore_patterns(".git"))
    questions = folder / "copier.yml"
    text = questions.read_text("utf-8")
    for question, choices in UPCOMING.items():
        for label, value in choices.items():
            opening = re.compile(rf"^{question}:\n(?:  .*\n)*?  choices:\n", re.MULTILINE)
            text, count = opening.subn(rf"\g<0>    {label}: {value}\n", text)
            assert count == 1, question
    questions.write_text(text, "utf-8")
    return open_source(folder)


NEW = {(name, value) for name, choices in UPCOMING.items() for value in choices.values()}


def upcoming(source: TemplateSource) -> list[Variant]:
    variants = every_variant(source, load_questions(source.questions_file))
    return [each for each in variants if NEW & set(each.choices)]


def test_none_of_them_is_offered() -> None:
    """Once one is, its lines here are one too many."""
    questions = load_questions(ROOT / "copier.yml")
    for name, choices in UPCOMING.items():
        assert not set(choices.values()) & set(questions[name].values)


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
        for words in (["check", "--quiet"], ["format", "--check", "--quiet"]):
            command = [sys.executable, "-m", "ruff", *words, "--no-cache", str(folder)]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            assert done.returncode == 0, variant.name + done.stdout + done.stderr
