"""The scripts of each deploy.yml, with the platform played: what is asked of it, in which order.

A stand-in of the platform's command writes down each call and answers from a list.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from roadbed.answers import check
from roadbed.questions import load_questions
from roadbed.render import render
from roadbed.source import TemplateSource
from tests.workflows.tools import steps

# Writes down its words, and prints the answer of the first pattern that they fit; each answer of a
# pattern is given once, the last one for ever. Waiting takes no time.
STAND_IN = r"""#!/usr/bin/env python3
import fnmatch, json, os, sys

words = " ".join([os.path.basename(sys.argv[0]), *sys.argv[1:]])
folder = os.environ["PLAYED"]
with open(f"{folder}/asked", "a") as asked:
    asked.write(words + "\n")
with open(f"{folder}/answers.json") as file:
    answers = json.load(file)
for pattern, told in answers.items():
    if fnmatch.fnmatchcase(words, pattern):
        answer = told.pop(0) if len(told) > 1 else told[0]
        with open(f"{folder}/answers.json", "w") as file:
            json.dump(answers, file)
        print(answer)
        break
"""


@dataclass
class Platform:
    """A project's deploy.yml, and what answers it."""

    project: Path
    folder: Path

    @property
    def asked(self) -> list[str]:
        return (self.folder / "asked").read_text().splitlines()

    def index(self, part: str) -> int:
        """Where among the calls the first with this text is."""
        return next(number for number, call in enumerate(self.asked) if part in call)

    def deploys(
        self, answers: dict[str, list[str]], **given: str
    ) -> subprocess.CompletedProcess[str]:
        """Every script in order until one fails; `given` are values of expressions."""
        (self.folder / "answers.json").write_text(json.dumps(answers))
        workflow = yaml.safe_load((self.project / ".github/workflows/deploy.yml").read_text())
        outputs: dict[str, str] = {}
        done = subprocess.CompletedProcess[str]([], 0, "", "")
        for _, step in steps(workflow):
            if "run" in step:
                done = self._script(step, workflow["jobs"]["deploy"].get("env", {}), given, outputs)
                if done.returncode:
                    break
        return done

    def _script(
        self,
        step: dict[str, Any],
        shared: dict[str, str],
        given: dict[str, str],
        outputs: dict[str, str],
    ) -> subprocess.CompletedProcess[str]:
        values = {**given, **outputs}
        environment = {
            name: values[text.split("{{")[1].strip(" }").rpartition(".")[2]]
            for name, text in {**shared, **step.get("env", {})}.items()
        }
        written = self.folder / "output"
        written.write_text("")
        done = subprocess.run(
            ["bash", "-e", "-c", step["run"]],
            cwd=self.project,
            env={
                **os.environ,
                **environment,
                "PATH": f"{self.folder}:{os.environ['PATH']}",
                "PLAYED": str(self.folder),
                "GITHUB_OUTPUT": str(written),
                "GITHUB_SHA": "c0ffee",
                "RUNNER_TEMP": str(self.folder),
            },
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        outputs |= dict(line.split("=", 1) for line in written.read_text().splitlines())
        return done


Prepare = Callable[[str, Sequence[str]], Platform]


@pytest.fixture
def platform(source: TemplateSource, tmp_path: Path) -> Prepare:
    def prepare(deploy: str, played: Sequence[str]) -> Platform:
        questions = load_questions(source.questions_file)
        render(source, tmp_path / "p", check({"deploy": deploy}, source, questions).answers)
        folder = tmp_path / "played"
        folder.mkdir()
        for name in (*played, "sleep"):
            (folder / name).write_text(STAND_IN)
            (folder / name).chmod(0o755)
        return Platform(tmp_path / "p", folder)

    return prepare


# -- Railway ------------------------------------------------------------------------------------


def test_railway_deploys_the_api_and_then_the_worker(platform: Prepare) -> None:
    railway = platform("railway", ["railway", "npm"])
    building, serving = (json.dumps([{"status": status}]) for status in ("BUILDING", "SUCCESS"))
    answers = {"railway deployment list*": [building, serving]}
    done = railway.deploys(answers, RAILWAY_TOKEN="secret")
    assert done.returncode == 0, done.stderr
    assert railway.index("up --ci --service api") < railway.index("up --ci --service worker")
    assert railway.asked.count("sleep 10") == 1
    assert "secret" not in "".join(railway.asked)


def test_a_deployment_that_fails_on_railway_stops_it(platform: Prepare) -> None:
    railway = platform("railway", ["railway", "npm"])
    answers = {"railway deployment list*": [json.dumps([{"status": "FAILED"}])]}
    done = railway.deploys(answers, RAILWAY_TOKEN="secret")
    assert done.returncode == 1
    assert "::error::api: the deployment ended as FAILED" in done.stdout
    assert not any("--service worker" in call for call in railway.asked)


# -- Render -------------------------------------------------------------------------------------

RENDER = {"RENDER_API_KEY": "key", "RENDER_API_SERVICE": "srv-a", "RENDER_WORKER_SERVICE": "srv-w"}


def render_answers(*statuses: str) -> dict[str, list[str]]:
    return {
        "curl*/deploys": ['{"id": "dep-1"}'],
        "curl*/deploys/dep-1": [json.dumps({"status": status}) for status in statuses],
    }


def test_render_deploys_the_commit_in_both_services(platform: Prepare) -> None:
    render = platform("render", ["curl"])
    done = render.deploys(render_answers("build_in_progress", "live"), **RENDER)
    assert done.returncode == 0, done.stderr
    assert render.index("/srv-a/deploys") < render.index("/srv-w/deploys")
    assert '--json {"commitId": "c0ffee"}' in render.asked[0]
    assert render.asked.count("sleep 10") == 1


@pytest.mark.parametrize(
    "status", ["build_failed", "pre_deploy_failed", "update_failed", "canceled"]
)
def test_a_deploy_that_fails_on_render_stops_it(status: str, platform: Prepare) -> None:
    render = platform("render", ["curl"])
    done = render.deploys(render_answers(status), **RENDER)
    assert done.returncode == 1
    assert f"::error::srv-a: the deploy ended as {status}" in done.stdout
    assert not any("srv-w" in call for call in render.asked)


# -- AWS ----------------------------------------------------------------------------------------

ECS = {
    "AWS_REGION": "eu-central-1",
    "ECS_CLUSTER": "cluster",
    "ECS_EXECUTION_ROLE": "arn:aws:iam::1:role/x",
    "ECR_REPOSITORY": "1.dkr.ecr.eu-central-1.amazonaws.com/x",
}


def ecs_answers(exit_code: str = "0", api_runs: str = "arn:api:2") -> dict[str, list[str]]:
    return {
        "aws ecs register-task-definition*api.json*": ["arn:api:2"],
        "aws ecs register-task-definition*worker.json*": ["arn:worker:2"],
        "aws ecs describe-services*networkConfiguration*": ["{}"],
        "aws ecs run-task*": ["arn:task"],
        "aws ecs describe-tasks*": [exit_code],
        "aws ecs describe-services*-api*taskDefinition*": [api_runs],
        "aws ecs describe-services*-worker*taskDefinition*": ["arn:worker:2"],
    }


@pytest.fixture
def ecs(platform: Prepare) -> Platform:
    prepared = platform("ecs", ["aws", "docker"])
    built = prepared.folder / "build.json"
    built.write_text(json.dumps({"containerimage.digest": "sha256:abc"}))
    return prepared


def test_ecs_migrates_before_it_deploys(ecs: Platform) -> None:
    done = ecs.deploys(ecs_answers(), **ECS)
    assert done.returncode == 0, done.stderr
    migrated = ecs.index("describe-tasks")
    api, worker = (ecs.index(f"update-service --cluster cluster --service my-service-{each}")
                   for each in ("api", "worker"))  # fmt: skip
    assert ecs.index("docker buildx build --push") < ecs.index("run-task") < migrated < api < worker
    assert "--task-definition arn:api:2" in ecs.asked[api]
    task = json.loads((ecs.folder / "api.json").read_text())
    assert task["containerDefinitions"][0]["image"].endswith("/x@sha256:abc")
    assert task["executionRoleArn"] == ECS["ECS_EXECUTION_ROLE"]


def test_a_migration_that_fails_changes_nothing_else(ecs: Platform) -> None:
    done = ecs.deploys(ecs_answers(exit_code="1"), **ECS)
    assert done.returncode == 1
    assert "::error::The migration ended with 1" in done.stdout
    assert not any("update-service" in call for call in ecs.asked)


def test_a_rollback_by_ecs_is_no_success(ecs: Platform) -> None:
    done = ecs.deploys(ecs_answers(api_runs="arn:api:1"), **ECS)
    assert done.returncode == 1
    assert "my-service-api was rolled back to arn:api:1" in done.stdout
    assert not any("--service my-service-worker" in call for call in ecs.asked)
