"""The emitted update workflow, its steps run as a runner runs them: real git, real roadbed.

Only GitHub itself is played: `gh` is a script that writes down what it was asked.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.conftest import IDENTITY, ROOT, run
from tests.update.conftest import Make, commit, git
from tests.update.released import URL, V1, V2, V3, V4

pytestmark = pytest.mark.ci
WORKFLOW = ROOT / "template/{{ layer_update_workflow }}/.github/workflows/update.yml"
BRANCH = "roadbed-update"
GH = """#!/bin/sh
printf '%s\\n' "$*" >> "$GH_ASKED"
[ "$1 $2" != "pr list" ] || cat "$GH_OPEN"
"""


@dataclass
class Runner:
    """A checkout, and what GitHub gives to a job."""

    origin: Path
    top: Path
    environment: Mapping[str, str]

    def __post_init__(self) -> None:
        (self.top / "bin").mkdir()
        (self.top / "bin/gh").write_text(GH)
        (self.top / "bin/gh").chmod(0o755)
        (self.top / "open").write_text("")

    @property
    def asked(self) -> str:
        return (self.top / "asked").read_text() if (self.top / "asked").exists() else ""

    def pull_request_is_open(self, number: str) -> None:
        (self.top / "open").write_text(number + "\n")

    def works(self) -> subprocess.CompletedProcess[str]:
        """A fresh checkout, then every step until one fails; what the last one said."""
        work, temporary = self.top / "work", self.top / "temporary"
        for folder in (work, temporary):
            shutil.rmtree(folder, ignore_errors=True)
        temporary.mkdir()
        (self.top / "asked").unlink(missing_ok=True)
        run("git", "clone", "-q", "--depth", "1", f"file://{self.origin}", work, cwd=self.top)
        outputs = temporary / "outputs"
        outputs.touch()
        job = load()["jobs"]["update"]
        environment = {
            **{name: value for name, value in os.environ.items() if name not in IDENTITY},
            **{name: value for name, value in self.environment.items() if name not in IDENTITY},
            **job["env"],
            "PATH": f"{self.top / 'bin'}:{Path(sys.executable).parent}:{os.environ['PATH']}",
            "RUNNER_TEMP": str(temporary),
            "GITHUB_OUTPUT": str(outputs),
            "GH_ASKED": str(self.top / "asked"),
            "GH_OPEN": str(self.top / "open"),
        }
        done = subprocess.CompletedProcess[str]([], 0, "", "")
        for step in job["steps"]:
            if "run" not in step or step["name"] == "Install":
                continue
            if "if" in step and "found=true" not in outputs.read_text():
                continue
            script = temporary / "step.sh"
            script.write_text(step["run"])
            done = subprocess.run(
                ["bash", "-e", script],
                cwd=work, env=environment, capture_output=True, text=True, check=False,
            )  # fmt: skip
            if done.returncode:
                break
        return done


def load() -> dict[str, Any]:
    data = yaml.safe_load(WORKFLOW.read_text())
    assert isinstance(data, dict)
    return data


def begin(project: Path, top: Path, environment: Mapping[str, str]) -> Runner:
    origin = top / "origin.git"
    run("git", "clone", "-q", "--bare", project, origin, cwd=top)
    return Runner(origin, top, environment)


def has_branch(runner: Runner) -> bool:
    return bool(git(runner.origin, "for-each-ref", f"refs/heads/{BRANCH}"))


def files(runner: Runner, revision: str) -> str:
    return git(runner.origin, "ls-tree", "-r", revision)


def test_without_an_update_nothing_happens(
    make: Make, tmp_path: Path, reach: Mapping[str, str]
) -> None:
    runner = begin(make(V4), tmp_path, reach)
    assert runner.works().returncode == 0
    assert not has_branch(runner)
    assert runner.asked == ""


def test_an_update_is_a_branch_and_a_pull_request(
    make: Make, tmp_path: Path, reach: Mapping[str, str]
) -> None:
    runner = begin(make(V1), tmp_path, reach)
    done = runner.works()
    assert done.returncode == 0, done.stderr
    fresh = begin(make(V4, tmp_path / "fresh"), mkdir(tmp_path / "other"), reach)
    retained = [line for line in files(runner, BRANCH).splitlines() if "0002_red" not in line]
    assert retained == [
        line for line in files(fresh, "main").splitlines() if "0002_red" not in line
    ]
    assert git(runner.origin, "log", "-1", "--format=%an", BRANCH) == "github-actions[bot]\n"
    assert (
        f"pr create --head {BRANCH} --title Update from the template: {V1} -> {V4}" in runner.asked
    )
    body = (tmp_path / "temporary/body.md").read_text()
    for text in ("New in 1.0.0", "changed    main.py", "Before you deploy", "set NEW_URL"):
        assert text in body, text


def mkdir(folder: Path) -> Path:
    folder.mkdir()
    return folder


def test_an_open_pull_request_is_brought_up_to_date(
    make: Make, tmp_path: Path, reach: Mapping[str, str]
) -> None:
    runner = begin(make(V1), tmp_path, reach)
    assert runner.works().returncode == 0
    before = git(runner.origin, "rev-parse", BRANCH)
    push_to_main(runner, "team.py")
    runner.pull_request_is_open("7")
    done = runner.works()
    assert done.returncode == 0, done.stderr
    assert git(runner.origin, "rev-parse", BRANCH) != before
    assert "team.py" in files(runner, BRANCH)
    assert "pr create" not in runner.asked
    assert "--method PATCH repos/{owner}/{repo}/pulls/7" in runner.asked


def push_to_main(runner: Runner, name: str, branch: str = "main") -> None:
    """Somebody of the team pushes a commit with one more file."""
    clone = runner.top / "theirs"
    shutil.rmtree(clone, ignore_errors=True)
    run("git", "clone", "-q", "-b", branch, runner.origin, clone, cwd=runner.top)
    (clone / name).write_text("ours\n")
    commit(clone)
    git(clone, "push", "-q")


def test_a_branch_that_somebody_works_on_is_left_alone(
    make: Make, tmp_path: Path, reach: Mapping[str, str]
) -> None:
    runner = begin(make(V1), tmp_path, reach)
    assert runner.works().returncode == 0
    push_to_main(runner, "resolved.py", BRANCH)
    before = git(runner.origin, "rev-parse", BRANCH)
    done = runner.works()
    assert done.returncode == 0
    assert "::notice::Somebody works on" in done.stdout
    assert git(runner.origin, "rev-parse", BRANCH) == before


def test_conflicts_come_with_the_pull_request(
    make: Make, tmp_path: Path, reach: Mapping[str, str]
) -> None:
    project = make(V1)
    main = project / "main.py"
    main.write_text(main.read_text().replace("main 3\n", "ours\n"))
    (project / "gone.py").write_text("ours\n")
    commit(project)
    runner = begin(project, tmp_path, reach)
    done = runner.works()
    assert done.returncode == 0, done.stderr
    assert "<<<<<<< before updating" in git(runner.origin, "show", f"{BRANCH}:main.py")
    assert "pr create" in runner.asked
    assert "conflict   main.py" in (tmp_path / "temporary/body.md").read_text()


def test_a_workflow_cannot_be_pushed_and_it_says_so(
    make: Make,
    released: Path,
    tmp_path: Path,
    reach: Mapping[str, str],
) -> None:
    """GitHub refuses such a push of GITHUB_TOKEN's."""
    project = make(V3)
    newer = Path(shutil.copytree(released, tmp_path / "newer"))
    workflow = newer / "template/.github/workflows/ci.yml"
    workflow.parent.mkdir(parents=True)
    workflow.write_text("name: ci\n")
    commit(newer)
    git(newer, "tag", "v3.0.0")
    elsewhere = {**reach, "GIT_CONFIG_KEY_0": f"url.{newer}.insteadOf", "GIT_CONFIG_VALUE_0": URL}
    runner = begin(project, tmp_path, elsewhere)
    done = runner.works()
    assert done.returncode == 1
    assert "::error::The update changes .github/workflows" in done.stdout
    assert not has_branch(runner)
    assert runner.asked == ""


def test_a_fault_of_the_update_fails_the_job(
    make: Make, tmp_path: Path, reach: Mapping[str, str]
) -> None:
    project = make(V2)
    answers = project / ".copier-answers.yml"
    answers.write_text(answers.read_text().replace("_commit:", "_was:"))
    commit(project)
    runner = begin(project, tmp_path, reach)
    done = runner.works()
    assert done.returncode == 8
    assert "_commit" in done.stderr
    assert not has_branch(runner)


def test_it_may_do_no_more_than_it_needs() -> None:
    workflow = load()
    assert workflow["permissions"] == {}
    job = workflow["jobs"]["update"]
    assert job["permissions"] == {"contents": "write", "pull-requests": "write"}
    assert job["timeout-minutes"] <= 15
    assert workflow["concurrency"]["group"]
    checkout = job["steps"][0]
    assert checkout["with"] == {"persist-credentials": False}
    with_token = [step["name"] for step in job["steps"] if "GH_TOKEN" in step.get("env", {})]
    assert with_token == ["Open the pull request, or bring it up to date"]
    # What a script is given by an expression, somebody else may have written.
    assert [step for step in job["steps"] if "${{" in step.get("run", "")] == []


def test_its_actions_are_those_of_this_repository() -> None:
    """Pinned by the commit; one list of pins to keep up to date."""
    used = r"uses: (actions/[a-z-]+@[0-9a-f]{40} # v[0-9.]+)\n"
    pins = re.findall(used, WORKFLOW.read_text())
    ours = re.findall(used, (ROOT / ".github/workflows/ci.yml").read_text())
    assert pins
    assert WORKFLOW.read_text().count("uses:") == len(pins)
    assert set(pins) <= set(ours)
