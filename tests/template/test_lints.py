"""Each rule holds for the template, and each is seen to fail on a planted violation."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from roadbed.questions import load_questions
from roadbed.render import open_worker
from roadbed.source import TemplateSource
from tests.template import lints

Rule = Callable[[Path], list[str]]
PY = "{{ layer_python }}/src/app"
RULES: dict[Rule, tuple[str, str]] = {
    lints.branches_in_source: (f"{PY}/x.py.jinja", "{% if auth == 'jwt' %}\n{% endif %}\n"),
    lints.source_with_suffix: (f"{PY}/x.py.jinja", "NAME = '{{ project_name }}'\n"),
    lints.manifests_over_budget: ("Dockerfile.jinja", "{% if 1 %}a{% endif %}\n" * 20),
    lints.suffix_without_tags: ("Dockerfile.jinja", "FROM scratch\n"),
    lints.git_files_without_suffix: ("{{ layer_python }}/.gitignore", "*.log\n"),
    lints.names_copier_forgets: (f"{PY}/tags/x.py", "\n"),
    lints.layers_out_of_order: ("src/{{ layer_jwt }}/x.py", "\n"),
    lints.file_and_folder: ("{{ layer_no_social }}/src/app", "\n"),
}


@pytest.fixture
def template(snapshot: Path) -> Path:
    return snapshot / "template"


@pytest.fixture
def planted(template: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(template, tmp_path / "template"))


def plant(template: Path, name: str, text: str) -> None:
    (template / name).parent.mkdir(parents=True, exist_ok=True)
    (template / name).write_text(text)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_rule_holds(rule: Rule, template: Path) -> None:
    assert rule(template) == []


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_rule_catches_a_planted_violation(rule: Rule, planted: Path) -> None:
    before = rule(planted)
    plant(planted, *RULES[rule])
    assert len(rule(planted)) == len(before) + 1


def test_every_rule_is_run() -> None:
    taking_more = {lints.symlinks, lints.unknown_layers, lints.twice_written}
    public = {
        thing
        for name, thing in vars(lints).items()
        if callable(thing) and getattr(thing, "__module__", "") == lints.__name__
        and not name.startswith(("files", "emitted", "is_"))
    } | {lints.file_and_folder}  # fmt: skip
    assert public == {*RULES, *taking_more}


def test_no_symlinks(template: Path, planted: Path) -> None:
    assert lints.symlinks(template) == []
    (planted / "link").symlink_to("openapi.yaml")
    assert len(lints.symlinks(planted)) == 1


def test_every_layer_is_known(template: Path, planted: Path, source: TemplateSource) -> None:
    layers = load_questions(source.questions_file).computed
    assert lints.unknown_layers(template, layers) == []
    plant(planted, "{{ layer_pyhton }}/x.py", "")
    assert len(lints.unknown_layers(planted, layers)) == 1


def test_every_layer_has_files(template: Path, source: TemplateSource) -> None:
    layers = {
        name for name in load_questions(source.questions_file).computed if name.startswith("layer_")
    }
    used = {part for path in lints.files(template) for part in path.parts}
    assert {name for name in layers if f"{{{{ {name} }}}}" not in used} == set()


def test_one_writer_per_path(template: Path, planted: Path, widened: TemplateSource) -> None:
    every = set(reachable(widened))
    paths = lints.files(template)
    for selected in every:
        assert lints.twice_written(paths, selected) == []
    plant(planted, "{{ layer_python }}/{{ layer_jwt }}/openapi.yaml", "")
    paths = lints.files(planted)
    for selected in every:
        doubled = {"{{ layer_python }}", "{{ layer_jwt }}"} <= selected
        assert bool(lints.twice_written(paths, selected)) == doubled


def reachable(source: TemplateSource) -> Iterator[frozenset[str]]:
    """The sets of active layers, as copier computes them, for every combination of choices."""
    questions = load_questions(source.questions_file)
    choosing = [question for question in questions.asked if question.choices]
    for values in itertools.product(*(question.values for question in choosing)):
        answers = dict(zip((question.name for question in choosing), values, strict=True))
        worker = open_worker(source, Path("/nonexistent/x"), answers)
        worker._ask()
        computed = worker.answers.combined
        yield frozenset(
            f"{{{{ {name} }}}}"
            for name in questions.computed
            if name.startswith("layer_") and computed[name]
        )


def test_layers_are_selected_or_not(source: TemplateSource) -> None:
    """A layer renders to '.' or to nothing; anything else would move its files."""
    worker = open_worker(source, Path("/nonexistent/x"), {})
    worker._ask()
    values = {value for name, value in worker.answers.combined.items() if name.startswith("layer_")}
    assert values <= {".", ""}
