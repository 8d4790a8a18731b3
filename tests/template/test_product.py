"""Every variant of the full product, rendered in process, keeps every rule; each rule can fail."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from roadbed.fingerprint import render_variant
from roadbed.matrix import (
    BESIDE,
    Variant,
    default_variant,
    every_variant,
    pairwise,
)
from roadbed.questions import load_questions
from roadbed.source import TemplateSource, find_source
from tests.template import product
from tests.template.features import FEATURES, LANGUAGES, NODE, PYTHON, UPCOMING, VARIABLES
from tests.template.product import RULES, Emitted, Rule, with_language
from tests.workflows.emitted import variants

SECONDS_PER_VARIANT = 10.0
SOURCE = find_source()
QUESTIONS = load_questions(SOURCE.questions_file)
SERVICES = every_variant(SOURCE, QUESTIONS)
DEFAULT = default_variant(SERVICES, QUESTIONS)
# With every pair of a choice of the service and one of what stands beside it, in one framework.
EVERY = (*SERVICES, *(each for each in variants(SOURCE) if each not in SERVICES))
SAMPLED = frozenset(each.name for each in pairwise(SERVICES, DEFAULT))
DEFAULTS = {name: QUESTIONS[name].default for name in BESIDE}
_timed: dict[str, float] = {}


@pytest.fixture(scope="module", params=EVERY, ids=lambda variant: variant.name)
def folder(
    request: pytest.FixtureRequest, source: TemplateSource, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Path]:
    """Each variant's tree, rendered once for all of its tests."""
    variant: Variant = request.param
    project = tmp_path_factory.mktemp("product") / variant.name
    started = time.monotonic()
    render_variant(variant, source, project)
    _timed[variant.name] = time.monotonic() - started
    yield project
    shutil.rmtree(project)


def test_it_keeps_every_rule(folder: Path) -> None:
    variant = next(each for each in EVERY if each.name == folder.name)
    started = time.monotonic()
    emitted = Emitted.read(DEFAULTS | variant.answers, folder)
    assert [fault for rule in RULES for fault in rule(emitted)] == []
    _timed[variant.name] += time.monotonic() - started


def test_ruff_finds_nothing_in_a_sample(folder: Path) -> None:
    """Every pair of choices; types need the dependencies and are the booted variants' business."""
    if folder.name not in SAMPLED or not (folder / "pyproject.toml").exists():
        return
    for words in (["check", "--quiet"], ["format", "--check", "--quiet"]):
        command = [sys.executable, "-m", "ruff", *words, "--no-cache", str(folder)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr


def test_a_variant_takes_moments(capsys: pytest.CaptureFixture[str]) -> None:
    assert set(_timed) == {each.name for each in EVERY}, "run with the tests above"
    mean = sum(_timed.values()) / len(_timed)
    with capsys.disabled():
        print(f"\n{len(_timed)} variants rendered and checked, {mean:.2f} s each")
    assert mean < SECONDS_PER_VARIANT


@pytest.fixture(scope="module")
def sound(source: TemplateSource, tmp_path_factory: pytest.TempPathFactory) -> Emitted:
    """The default variant, to plant violations in copies of."""
    project = tmp_path_factory.mktemp("sound") / "project"
    render_variant(DEFAULT, source, project)
    return Emitted.read(DEFAULTS | DEFAULT.answers, project)


@pytest.fixture(scope="module")
def sound_node(widened: TemplateSource, tmp_path_factory: pytest.TempPathFactory) -> Emitted:
    """A Node variant that keeps every rule, to plant violations in copies of."""
    every = every_variant(widened, load_questions(widened.questions_file))
    variant = next(each for each in every if ("framework", "fastify") in each.choices)
    project = tmp_path_factory.mktemp("sound-node") / "project"
    render_variant(variant, widened, project)
    return Emitted.read(DEFAULTS | variant.answers, project)


def with_file(name: str, text: str) -> Callable[[Emitted], Emitted]:
    return lambda emitted: replace(emitted, files={**emitted.files, name: text})


def edited(name: str, old: str, new: str) -> Callable[[Emitted], Emitted]:
    def edit(emitted: Emitted) -> Emitted:
        assert old in emitted.files[name]
        changed = emitted.files[name].replace(old, new, 1)
        return replace(emitted, files={**emitted.files, name: changed})

    return edit


PLANTED: list[tuple[Rule, Callable[[Emitted], Emitted], str]] = [
    (product.leftovers, with_file("a.py", "X = '{{ layer_jwt }}'\n"), "a.py"),
    (product.leftovers, with_file("a.md", "{% endif %}"), "a.md"),
    (product.leftovers, with_file("Makefile.jinja", ""), "not rendered"),
    (product.unparsable, with_file("a.yaml", "a: [\n"), "a.yaml"),
    (product.unparsable, with_file("a.toml", "a = \n"), "a.toml"),
    (product.unparsable, with_file("a.json", "{'a'}"), "a.json"),
    (product.unparsable, with_file("a.yml", ""), "holds nothing"),
    (product.unparsable, with_file("src/a.py", "def"), "src/a.py"),
    (product.words_of_the_generator, with_file("a.md", "made with Roadbed"), "Roadbed"),
    (
        product.dependencies,
        edited("pyproject.toml", '  "orjson>', '  "celery>=5",\n  "orjson>'),
        "celery in dependencies is imported nowhere",
    ),
    (
        product.dependencies,
        edited("pyproject.toml", '  "orjson>=3.11,<4",\n', ""),
        "orjson",
    ),
    (product.dependencies, with_file("src/app/a.py", "import httpx\n"), "src: httpx"),
    (product.dependencies, with_file("tests/a.py", "from nope import x\n"), "tests: nope.x"),
    (product.features, with_file("src/app/provider.py", ""), "src/app/provider.py: here"),
    (product.features, with_file("docs/a.md", "Kafka has it"), "'Kafka'"),
    (product.environment, edited(".env.example", "\nPORT=", "\nPROT="), "PORT is missing"),
    (product.environment, edited(".env.example", "\nPORT=", "\nPROT="), "PROT is not"),
    (product.environment, edited(".env.example", "\nPORT=", "\nPORT=1\nPORT="), "PORT twice"),
    (
        product.environment,
        edited("README.md", "| `PORT`,", "| `PROT`,"),
        "README.md: PORT is missing",
    ),
]


@pytest.mark.parametrize(("rule", "plant", "fault"), PLANTED)
def test_a_planted_violation_is_found(
    rule: Rule, plant: Callable[[Emitted], Emitted], fault: str, sound: Emitted
) -> None:
    assert not any(fault in found for found in rule(sound))
    assert any(fault in found for found in rule(plant(sound)))


@pytest.mark.parametrize(
    ("plant", "fault"),
    [
        (edited("package.json", '    "pino"', '    "left-pad": "1",\n    "pino"'), "left-pad"),
        (edited("package.json", '    "pino": "^10.4.0",\n', ""), "src: pino"),
        (with_file("src/a.ts", 'import "express";\n'), "src: express"),
        (with_file("tests/a.ts", 'await import("@nope/deep/er");\n'), "tests: @nope/deep"),
    ],
)
def test_a_violation_planted_in_a_node_project_is_found(
    plant: Callable[[Emitted], Emitted], fault: str, sound_node: Emitted
) -> None:
    rule = product.node_dependencies
    assert rule(sound_node) == []
    assert any(fault in found for found in rule(plant(sound_node)))


def test_a_missing_file_of_a_chosen_feature_is_found(sound: Emitted) -> None:
    name = "src/app/security/access_tokens.py"
    less = replace(sound, files={key: text for key, text in sound.files.items() if key != name})
    assert any(f"{name}: missing" in found for found in product.features(less))


def test_every_rule_has_a_planted_violation() -> None:
    assert {rule for rule, _, _ in PLANTED} | {product.node_dependencies} == set(RULES)


def test_every_choice_that_is_offered_has_a_feature() -> None:
    """And every variable and feature is for a choice that exists."""
    offered = {
        (question.name, value)
        for question in QUESTIONS.asked
        for value in question.values
        if not (question.is_boolean and value == "false")
    }
    declared = {choice for feature in FEATURES for choice in feature.when}
    assert declared - {PYTHON, NODE} == offered
    waiting = set(UPCOMING.get("framework", {}).values())
    assert set(LANGUAGES) == {*QUESTIONS["framework"].values, *waiting}
    assert {choice for when in VARIABLES for choice in when} <= offered


def test_the_features_are_seen_somewhere(source: TemplateSource, tmp_path: Path) -> None:
    """A pattern that matches nothing anywhere could not fail when it should."""
    import re

    texts: dict[str, str] = {}
    for variant in EVERY:
        render_variant(variant, source, tmp_path / variant.name)
        emitted = Emitted.read(DEFAULTS | variant.answers, tmp_path / variant.name)
        texts[variant.name] = json.dumps(
            [text for name, text in emitted.files.items() if name not in product.COMMON]
        )
    for feature in FEATURES:
        chosen = [
            each
            for each in EVERY
            if feature.applies(frozenset(with_language(DEFAULTS | each.answers).items()))
        ]
        assert chosen
        if feature.words:
            assert all(re.search(feature.words, texts[each.name]) for each in chosen), feature
