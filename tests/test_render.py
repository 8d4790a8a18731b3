"""`roadbed new` and a plain `copier copy` give the same tree, byte for byte."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from roadbed.questions import load_questions
from roadbed.render import render
from roadbed.source import TemplateSource
from tests.conftest import TAG, Roadbed, run, tree

ANSWER_SETS = [
    {},
    {"project_name": 'Žluťoučký "Kůň" {{ 1 }} \\ 日本', "project_slug": "kun"},
    {"project_description": "a: 'b' \"c\" # d \\n {% x %} 😀"},
]


@pytest.mark.parametrize("answers", ANSWER_SETS)
def test_same_tree_as_copier(
    answers: dict[str, str], roadbed: Roadbed, snapshot: Path, tmp_path: Path
) -> None:
    ours, theirs = tmp_path / "ours", tmp_path / "theirs"
    flags = [part for key, value in answers.items() for part in ("--set", f"{key}={value}")]
    assert roadbed("new", ours, "--defaults", "--no-git", *flags).code == 0
    data = [part for key, value in answers.items() for part in ("--data", f"{key}={value}")]
    copier = Path(sys.executable).with_name("copier")
    run(copier, "copy", "--quiet", "--defaults", *data, snapshot, theirs, cwd=tmp_path)
    expected = tree(theirs)
    assert tree(ours) == expected
    assert len(expected) > 10
    folders = [{p.relative_to(top) for p in top.rglob("*") if p.is_dir()} for top in (ours, theirs)]
    assert folders[0] == folders[1]


def test_no_trust_is_asked_for(snapshot: Path, tmp_path: Path) -> None:
    """Copy, as a stranger does it: no tasks, migrations or extensions that need --trust."""
    config = yaml.safe_load((snapshot / "copier.yml").read_text())
    assert not {"_tasks", "_migrations", "_jinja_extensions"} & set(config)
    copier = Path(sys.executable).with_name("copier")
    done = subprocess.run(
        [copier, "copy", "--defaults", "--quiet", snapshot, tmp_path / "p"],
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_the_answers_file_records_no_path_and_no_hidden_answer(
    default_project: Path, source: TemplateSource
) -> None:
    recorded = yaml.safe_load((default_project / ".copier-answers.yml").read_text())
    names = load_questions(source.questions_file).names
    assert set(recorded) == {"_commit", "_src_path", *names}
    assert recorded["_src_path"] == "https://github.com/roadbed-dev/roadbed.git"
    assert recorded["_commit"] == TAG


@pytest.mark.parametrize(
    ("given", "recorded"),
    [
        ("https://example.com/a/b.git", "https://example.com/a/b.git"),
        ("https://user:s3cret@example.com/a.git", "https://example.com/a.git"),
        ("git@example.com:a/b.git", "git@example.com:a/b.git"),
        ("gh:a/b", "gh:a/b"),
        ("/home/me/roadbed", "https://github.com/roadbed-dev/roadbed.git"),
        ("../roadbed", "https://github.com/roadbed-dev/roadbed.git"),
        ("file:///home/me/roadbed", "https://github.com/roadbed-dev/roadbed.git"),
    ],
)
def test_what_is_recorded_as_the_source(given: str, recorded: str, snapshot: Path) -> None:
    from copier._template import Template

    from roadbed.render import open_worker
    from roadbed.source import open_source

    worker = open_worker(open_source(snapshot), Path("/nonexistent/x"), {})
    template = Template(url=given)
    template.__dict__.update(worker.template.__dict__)
    template.__dict__["url"] = given
    worker.__dict__["template"] = template
    worker._ask()
    name = "template/{{ _copier_conf.answers_file }}.jinja"
    text = worker.jinja_env.get_template(name).render(**worker._render_context())
    assert yaml.safe_load(text)["_src_path"] == recorded
    assert "s3cret" not in text


def test_pretend_writes_nothing(
    source: TemplateSource, default_project: Path, tmp_path: Path
) -> None:
    answers = yaml.safe_load((default_project / ".copier-answers.yml").read_text())
    answers = {key: value for key, value in answers.items() if not key.startswith("_")}
    rendered = render(source, tmp_path / "x", answers, pretend=True)
    assert {path.as_posix() for path in rendered.files} == set(tree(default_project))
    assert not list(tmp_path.iterdir())
