"""copier.yml: what its settings and questions must be."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from roadbed.meanings import MEANINGS, Meaning
from roadbed.questions import load_questions
from roadbed.source import TemplateSource
from tests.conftest import ROOT, run


@pytest.fixture
def config(source: TemplateSource) -> dict[str, object]:
    data = yaml.safe_load(source.questions_file.read_text())
    assert isinstance(data, dict)
    return data


def test_settings(config: dict[str, object]) -> None:
    """No tasks, migrations or extensions: each would cost the user a --trust."""
    assert {key for key in config if key.startswith("_")} == {
        "_min_copier_version",
        "_subdirectory",
        "_answers_file",
        "_envops",
        "_exclude",
    }
    assert config["_envops"] == {"undefined": "jinja2.StrictUndefined"}


def test_every_question_has_help_default_and_a_rule(source: TemplateSource) -> None:
    config = yaml.safe_load(source.questions_file.read_text())
    for name in load_questions(source.questions_file).names:
        spec = config[name]
        assert spec["help"].strip().endswith((".", "?")), name
        assert spec["default"] not in ("", None), name
        assert "choices" in spec or "validator" in spec or spec["type"] == "bool", name


def test_computed_answers_are_named_so_that_nobody_sets_them(source: TemplateSource) -> None:
    facts = {
        "canonical_url",
        "commands",
        "common_passwords",
        "language",
        "package_ecosystem",
        "ratelimit_script",
        "required_settings",
        "reserved_slugs",
    }
    computed = load_questions(source.questions_file).computed
    assert {name for name in computed if not name.startswith("layer_")} == facts


def test_an_undefined_name_fails_the_rendering(source: TemplateSource) -> None:
    from jinja2 import UndefinedError

    from roadbed.render import open_worker

    worker = open_worker(source, Path("/nonexistent/x"), {})
    worker._ask()
    with pytest.raises(UndefinedError):
        worker._render_string("{{ no_such_name }}")


def test_whatever_is_offered_has_a_meaning_and_nothing_else(widened: TemplateSource) -> None:
    """What waits to be offered may have its own already."""
    questions = load_questions(widened.questions_file)
    frameworks = questions["framework"].values
    offered = {
        Meaning(framework, question.name, choice)
        for framework in frameworks
        for question in questions.asked
        for choice in question.values
        if question.name != "framework" or choice == framework
    }
    assert offered == set(MEANINGS)


def test_no_file_of_this_repository_suppresses_an_emitted_one() -> None:
    """Copier drops an emitted path when `<path>.jinja` stands at the repository's root."""
    outside = [
        name
        for name in run("git", "ls-files", "-co", "--exclude-standard", cwd=ROOT).splitlines()
        if name.endswith(".jinja") and not name.startswith(("template/", '"template/'))
    ]
    assert outside == []


def test_the_answers_template_stands_at_the_templates_root(source: TemplateSource) -> None:
    named = [name.as_posix() for name in source.files if "_copier_conf" in name.as_posix()]
    assert named == ["{{ _copier_conf.answers_file }}.jinja"]


def test_no_project_can_have_the_name_of_a_package_it_depends_on(source: TemplateSource) -> None:
    """Every requirement that the manifest can hold, whatever the answers."""
    config = yaml.safe_load(source.questions_file.read_text())
    manifest = (source.root / "template/{{ layer_python }}/pyproject.toml.jinja").read_text()
    lists = re.findall(r"^(?:requires|dependencies|dev) = \[(.*?)\]$", manifest, re.M | re.S)
    assert len(lists) == 3
    required = {name for text in lists for name in re.findall(r'"([a-z0-9-]+)', text)}
    assert {"hatchling", "alembic", "celery", "confluent-kafka", "httpx", "ruff"} <= required
    assert required - set(config["reserved_slugs"]["default"]) == set()


def test_no_node_project_can_have_the_name_of_a_package_it_depends_on(
    source: TemplateSource,
) -> None:
    """npm refuses to install a package into one of the same name."""
    config = yaml.safe_load(source.questions_file.read_text())
    manifest = (source.root / "template/{{ layer_node }}/package.json.jinja").read_text()
    required = set(re.findall(r'^    "([a-z0-9-]+)": "\^', manifest, re.M))
    assert {"amqplib", "fastify", "pg", "vitest", "zod"} <= required
    assert required - set(config["reserved_slugs"]["default"]) == set()
