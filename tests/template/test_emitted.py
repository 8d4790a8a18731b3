"""What a project holds: it parses, it is git's, and nothing in it speaks of the generator."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from roadbed.answers import check
from roadbed.questions import load_questions
from roadbed.render import render
from roadbed.source import TemplateSource
from tests.conftest import run, tree

HOSTILE = {
    "project_name": 'It\'s "quoted" \\ {{ 1 }} {% x %} <b>&amp; # 日本 😀',
    "project_description": "a: 'b' \"c\" \\d ${HOME} `id` $(id) {{ x }} # e %s",
    "project_slug": "x" * 63,
}
ANSWERS = ".copier-answers.yml"
LEFTOVER = re.compile(r"\{%|%\}|\{#-|\{\{ ?(layer_|project_|framework|auth|queue|_copier)")
GENERATOR = re.compile(r"roadbed|copier|jinja", re.IGNORECASE)
CONTRACT = Path(__file__).resolve().parents[3] / "shared/contract/openapi.yaml"


@pytest.fixture(scope="module", params=["default", "hostile"])
def project(
    request: pytest.FixtureRequest,
    source: TemplateSource,
    default_project: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Path:
    if request.param == "default":
        return default_project
    folder = tmp_path_factory.mktemp("hostile") / "project"
    checked = check(HOSTILE, source, load_questions(source.questions_file))
    assert checked.faults == ()
    render(source, folder, checked.answers)
    return folder


def texts(project: Path) -> dict[str, str]:
    return {name: data.decode() for name, (data, _) in tree(project).items()}


def test_every_manifest_parses(project: Path) -> None:
    parsers: dict[str, Callable[[str], object]] = {
        ".toml": tomllib.loads,
        ".json": json.loads,
        ".yml": yaml.safe_load,
        ".yaml": yaml.safe_load,
    }
    parsed = 0
    for name, text in texts(project).items():
        if parser := parsers.get(Path(name).suffix):
            assert parser(text), name
            parsed += 1
    assert parsed >= 3


def test_python_compiles(project: Path) -> None:
    names = [name for name in texts(project) if name.endswith(".py")]
    assert names
    for name in names:
        compile((project / name).read_bytes(), name, "exec", dont_inherit=True)


def test_names_arrive_as_typed(source: TemplateSource, tmp_path: Path) -> None:
    checked = check(HOSTILE, source, load_questions(source.questions_file))
    render(source, tmp_path / "p", checked.answers)
    manifest = tomllib.loads((tmp_path / "p/pyproject.toml").read_text())
    assert manifest["project"]["name"] == HOSTILE["project_slug"]
    assert manifest["project"]["description"] == HOSTILE["project_description"]
    assert HOSTILE["project_name"] in (tmp_path / "p/README.md").read_text()


def test_no_template_syntax_is_left(default_project: Path) -> None:
    left = [name for name, text in texts(default_project).items() if LEFTOVER.search(text)]
    assert left == []


def test_nothing_speaks_of_the_generator(default_project: Path) -> None:
    """A project stands on its own; only the answers file knows where it came from."""
    found = {
        f"{name}: {line.strip()}"
        for name, text in texts(default_project).items()
        if name != ANSWERS
        for line in text.splitlines()
        if GENERATOR.search(line)
    }
    assert found == set()


def test_the_guards_see_what_they_forbid() -> None:
    assert LEFTOVER.search("name = {{ project_slug }}")
    assert LEFTOVER.search("{% endif %}")
    assert GENERATOR.search("made with Roadbed")


def test_nothing_emitted_is_ignored_by_git(default_project: Path, tmp_path: Path) -> None:
    """An ignored file is overwritten by an update and cannot be recovered."""
    import shutil

    copy = Path(shutil.copytree(default_project, tmp_path / "p"))
    run("git", "init", "-q", cwd=copy)
    ignored = "git", "ls-files", "--others", "--ignored", "--exclude-standard"
    assert run(*ignored, cwd=copy) == ""
    assert not (copy / ".env").exists()
    (copy / ".env").touch()
    assert run(*ignored, cwd=copy) == ".env\n"


def test_lines_end_with_a_line_feed(project: Path) -> None:
    for name, text in texts(project).items():
        assert "\r" not in text, name
        assert not text or text.endswith("\n"), name
    assert "* text=auto eol=lf" in texts(project)[".gitattributes"]


def test_the_api_description_is_the_contracts(default_project: Path) -> None:
    """Byte for byte, where the contract is at hand; the digest holds it elsewhere."""
    import hashlib

    emitted = (default_project / "openapi.yaml").read_bytes()
    assert hashlib.sha256(emitted).hexdigest() == OPENAPI_SHA256
    if CONTRACT.exists():
        assert emitted == CONTRACT.read_bytes()


OPENAPI_SHA256 = "9c53ec8eb67610ecc4ba96521f8a735e6f2837703fa4b5f1badaf2332d73bb23"
