"""Workflows, of projects and of this repository, keep what their tools and our rules ask for.

Each check is seen to fail on a planted violation.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml

from roadbed.source import TemplateSource
from tests.conftest import ROOT
from tests.workflows import tools
from tests.workflows.emitted import collect, named
from tests.workflows.tools import Script

OWN = (ROOT / ".github/workflows/ci.yml",)
OWN_SCRIPTS = (ROOT / ".ci/install", ROOT / ".ci/run")
PINS = ROOT / "docs/action-pins.md"
WORKFLOW = """
on: push
permissions: {}
jobs:
  one:
    runs-on: ubuntu-24.04
    timeout-minutes: 5
    permissions: {}
    steps:
      - run: echo hello
"""


@pytest.fixture(scope="module")
def unique(widened: TemplateSource, tmp_path_factory: pytest.TempPathFactory) -> Path:
    top = tmp_path_factory.mktemp("workflows")
    collect(widened, top)
    return top


@pytest.fixture(scope="module")
def workflows(unique: Path) -> Sequence[Path]:
    found = named(unique, ".github/workflows/*.yml")
    assert {path.name for path in found} == {"ci.yml", "deploy.yml", "update.yml"}
    return [*found, *OWN]


@pytest.fixture(scope="module")
def actions(unique: Path) -> Sequence[Path]:
    found = named(unique, ".github/actions/*/action.yml")
    assert found
    return found


@pytest.fixture(scope="module")
def dependabots(unique: Path) -> Sequence[Path]:
    return [*named(unique, ".github/dependabot.yml"), ROOT / ".github/dependabot.yml"]


@pytest.fixture
def planted(tmp_path: Path) -> Callable[[str, str], Path]:
    """A workflow, sound but for one replacement, where tools look for workflows."""

    def plant(old: str, new: str, text: str = WORKFLOW) -> Path:
        assert old in text
        file = tmp_path / ".github/workflows/planted.yml"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text.replace(old, new, 1).lstrip())
        return file

    return plant


Plant = Callable[[str, str], Path]


def test_workflows_keep_their_schema(workflows: Sequence[Path], planted: Plant) -> None:
    assert tools.schema("github-workflows", workflows) == []
    assert tools.schema("github-workflows", [planted("runs-on", "runs-in")])


def test_actions_keep_their_schema(actions: Sequence[Path], tmp_path: Path) -> None:
    assert tools.schema("github-actions", actions) == []
    (tmp_path / "action.yml").write_text(actions[0].read_text().replace("using:", "uses:"))
    assert tools.schema("github-actions", [tmp_path / "action.yml"])


def test_dependabot_keeps_its_schema(dependabots: Sequence[Path], tmp_path: Path) -> None:
    assert tools.schema("dependabot", dependabots) == []
    (tmp_path / "dependabot.yml").write_text(dependabots[0].read_text().replace("weekly", "often"))
    assert tools.schema("dependabot", [tmp_path / "dependabot.yml"])


def test_zizmor_finds_nothing_unsafe(
    workflows: Sequence[Path], actions: Sequence[Path], dependabots: Sequence[Path], planted: Plant
) -> None:
    assert tools.zizmor([*workflows, *actions, *dependabots]) == []
    assert tools.zizmor([planted("hello", "${{ github.event.issue.title }}")])


def test_actionlint_finds_nothing(workflows: Sequence[Path], planted: Plant) -> None:
    assert tools.actionlint(workflows) == []
    assert tools.actionlint([planted("hello", "${{ needs.two.outputs.x }}")])


def test_yamllint_finds_nothing(unique: Path, planted: Plant) -> None:
    files = named(unique, ".github/**/*.yml", "render.yaml")
    assert tools.yamllint([*files, *OWN, ROOT / ".github/dependabot.yml"]) == []
    assert tools.yamllint([planted("permissions: {}", "permissions:   {}")])


def test_shellcheck_finds_nothing(
    workflows: Sequence[Path], actions: Sequence[Path], planted: Plant
) -> None:
    found = [*tools.scripts([*workflows, *actions])]
    assert len(found) > 20
    assert tools.shellcheck(found) == []
    own = [Script(path.name, path.read_text()) for path in OWN_SCRIPTS]
    assert tools.shellcheck(own) == []
    assert tools.shellcheck([*tools.scripts([planted("hello", "$hello")])])


# -- our own rules ------------------------------------------------------------------------------


def rules(workflow: dict[str, Any]) -> list[str]:
    """What a workflow must be, whatever a tool lets pass."""
    found = []
    if workflow.get("permissions") != {}:
        found.append("the workflow grants its jobs more than nothing")
    for name, job in workflow["jobs"].items():
        if "permissions" not in job:
            found.append(f"{name}: says nothing of permissions")
        if "steps" in job and "timeout-minutes" not in job:
            found.append(f"{name}: may run for six hours")
    for where, step in tools.steps(workflow):
        if "${{" in step.get("run", ""):
            found.append(f"{where}: an expression in a script: others may have written it")
        if step.get("uses", "").startswith("actions/checkout@") and (
            step.get("with", {}).get("persist-credentials") is not False
        ):
            found.append(f"{where}: leaves the token in .git/config")
    return found


def load(file: Path) -> dict[str, Any]:
    data = yaml.safe_load(file.read_text("utf-8"))
    assert isinstance(data, dict)
    return data


def test_workflows_keep_the_rules(workflows: Sequence[Path]) -> None:
    assert [(str(file), fault) for file in workflows for fault in rules(load(file))] == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("permissions: {}\njobs", "permissions: {contents: write}\njobs"),
        ("    permissions: {}\n", ""),
        ("    timeout-minutes: 5\n", ""),
        ("echo hello", "echo ${{ github.actor }}"),
        ("run: echo hello", "uses: actions/checkout@v6"),
    ],
)
def test_a_broken_rule_is_noticed(old: str, new: str, planted: Plant) -> None:
    assert rules(load(planted("hello", "hello"))) == []
    assert len(rules(load(planted(old, new)))) == 1


def test_what_is_pushed_to_main_passes_once(unique: Path) -> None:
    """By ci.yml itself, or by the deploy.yml that calls it, and never by both."""
    for file in named(unique, ".github/workflows/ci.yml"):
        # YAML 1.1 takes the key `on` for a boolean.
        on = next(value for key, value in load(file).items() if str(key) == "True")
        assert ("push" in on) != ("workflow_call" in on), file
        assert "pull_request" in on
        assert "pull_request_target" not in on


def test_only_what_passed_is_deployed(unique: Path) -> None:
    files = named(unique, ".github/workflows/deploy.yml")
    assert len(files) == 3
    for file in files:
        jobs = load(file)["jobs"]
        assert jobs["ci"]["uses"] == "./.github/workflows/ci.yml"
        assert jobs["deploy"]["needs"] == "ci"
        assert jobs["deploy"]["if"] == "github.ref == 'refs/heads/main'"
        assert jobs["deploy"]["environment"] == "production"
        assert jobs["deploy"]["concurrency"] == {"group": "deploy", "cancel-in-progress": False}


# -- pins ---------------------------------------------------------------------------------------

PIN = re.compile(r"([\w.-]+/[\w./-]+)@([0-9a-f]{40}) # (v\d+\.\d+\.\d+)")
ROW = re.compile(r"^\| `([^`]+)` \| (v[\d.]+) \| `([0-9a-f]{40})` \| (.+) \|$", re.MULTILINE)


def unpinned(files: Sequence[Path]) -> tuple[set[str], set[tuple[str, str, str]]]:
    """What is used without a commit and a version, and the pins."""
    loose, pins = set(), set()
    for file in files:
        for used in tools.uses(file):
            found = PIN.fullmatch(used)
            if found:
                pins.add((found[1], found[3], found[2]))
            elif not used.startswith("./"):
                loose.add(f"{file.name}: {used}")
    return loose, pins


def test_every_action_is_pinned_as_the_page_says(
    workflows: Sequence[Path], actions: Sequence[Path]
) -> None:
    loose, pins = unpinned([*workflows, *actions])
    assert loose == set()
    rows = ROW.findall(PINS.read_text("utf-8"))
    assert pins == {(name, version, commit) for name, version, commit, _ in rows}
    for name, _, _, seen in rows:
        assert len(re.split(r"[;,] (?=\D*\d)", seen)) >= 2, f"{name}: two independent sources"


@pytest.mark.parametrize("used", ["actions/checkout@v6", f"a/b@{'0' * 40}", "docker://alpine:3"])
def test_a_loose_pin_is_noticed(used: str, planted: Plant) -> None:
    assert unpinned([planted("run: echo hello", f"uses: {used}")])[0]


def test_the_page_is_kept_complete(planted: Plant) -> None:
    other = f"a/b@{'0' * 40} # v1.0.0"
    assert unpinned([planted("run: echo hello", f"uses: {other}")])[1]


# -- facts that stand in two places ---------------------------------------------------------------


def test_the_services_are_those_of_development(unique: Path) -> None:
    """What ci.yml tests against is what `make services` starts."""
    compose = {
        (name, service["image"])
        for file in named(unique, "deploy/compose/services.yaml", "deploy/compose/broker.yaml")
        for name, service in load(file)["services"].items()
    }
    tested = {
        (name, service["image"])
        for file in named(unique, ".github/workflows/ci.yml")
        for job in load(file)["jobs"].values()
        for name, service in job.get("services", {}).items()
    }
    assert {name for name, _ in tested} == {"postgres", "redis", "broker"}
    assert len(tested) == 5
    assert tested <= compose
