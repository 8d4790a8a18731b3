"""What each platform is told: valid for it, complete, and without a value that is secret.

AWS is asked through botocore's model of its API, offline: task definitions, and every command of
the workflow and of the page. Railway and Render publish their schemas on their sites only, so what
we use of them stands here, closed: a key or a value that is not listed fails.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import botocore.session
import jsonschema
import pytest
import yaml
from botocore import xform_name
from botocore.validate import ParamValidator

from roadbed.source import TemplateSource
from tests.workflows.emitted import collect, named, projects
from tests.workflows.tools import steps

RAILWAY = {
    "type": "object",
    "additionalProperties": False,
    "required": ["$schema", "build", "deploy"],
    "properties": {
        "$schema": {"const": "https://railway.com/railway.schema.json"},
        "build": {
            "additionalProperties": False,
            "properties": {
                "builder": {"enum": ["RAILPACK", "DOCKERFILE"]},
                "dockerfilePath": {"type": "string"},
            },
        },
        "deploy": {
            "additionalProperties": False,
            "required": ["startCommand", "preDeployCommand", "healthcheckPath"],
            "properties": {
                "startCommand": {"type": "string"},
                "preDeployCommand": {
                    "type": "array",
                    "items": {"type": "string"},
                    "minItems": 1,
                    "maxItems": 1,
                },
                "healthcheckPath": {"type": "string", "pattern": "^/"},
                # Numbers, though the page shows a text: the platform refuses a text.
                "healthcheckTimeout": {"type": "integer"},
                "drainingSeconds": {"type": "integer"},
                "restartPolicyType": {"enum": ["ON_FAILURE", "ALWAYS", "NEVER"]},
            },
        },
    },
}
_NAMED = {"type": "string", "pattern": "^[a-z][a-z0-9-]*$"}
_PRIVATE = {"type": "array", "maxItems": 0}
_ENV_VAR = {
    "type": "object",
    "required": ["key"],
    "additionalProperties": False,
    "minProperties": 2,
    "maxProperties": 2,
    "properties": {
        "key": {"type": "string"},
        "value": {"type": "string"},
        "sync": {"const": False},
        "generateValue": {"const": True},
        "fromDatabase": {
            "additionalProperties": False,
            "required": ["name", "property"],
            "properties": {"name": _NAMED, "property": {"const": "connectionString"}},
        },
        "fromService": {
            "additionalProperties": False,
            "required": ["type", "name"],
            "minProperties": 3,
            "properties": {
                "type": {"enum": ["web", "worker", "keyvalue"]},
                "name": _NAMED,
                "property": {"const": "connectionString"},
                "envVarKey": {"type": "string"},
            },
        },
    },
}
_DOCKER = {
    "name": _NAMED,
    "runtime": {"const": "docker"},
    "plan": {"enum": ["starter", "standard", "pro"]},
    "dockerfilePath": {"type": "string"},
    "dockerCommand": {"type": "string"},
    "preDeployCommand": {"type": "string"},
    "maxShutdownDelaySeconds": {"type": "integer", "minimum": 1, "maximum": 300},
    "autoDeployTrigger": {"enum": ["off", "commit", "checksPass"]},
    "envVars": {"type": "array", "items": _ENV_VAR},
}
_RUNS = ["type", "name", "runtime", "plan", "dockerCommand", "preDeployCommand", "envVars"]
RENDER = {
    "type": "object",
    "additionalProperties": False,
    "required": ["services", "databases"],
    "properties": {
        "services": {
            "type": "array",
            "items": {
                "oneOf": [
                    {
                        "additionalProperties": False,
                        "required": [*_RUNS, "healthCheckPath"],
                        "properties": {
                            **_DOCKER,
                            "type": {"const": "web"},
                            "healthCheckPath": {"type": "string", "pattern": "^/"},
                        },
                    },
                    {
                        "additionalProperties": False,
                        "required": _RUNS,
                        "properties": {**_DOCKER, "type": {"const": "worker"}},
                    },
                    {
                        "additionalProperties": False,
                        "required": ["type", "name", "ipAllowList", "maxmemoryPolicy"],
                        "properties": {
                            "type": {"const": "keyvalue"},
                            "name": _NAMED,
                            "plan": {"enum": ["free", "starter", "standard", "pro"]},
                            "ipAllowList": _PRIVATE,
                            "maxmemoryPolicy": {"enum": ["noeviction", "allkeys-lru"]},
                        },
                    },
                ]
            },
        },
        "databases": {
            "type": "array",
            "items": {
                "additionalProperties": False,
                "required": ["name", "plan", "postgresMajorVersion", "ipAllowList"],
                "properties": {
                    "name": _NAMED,
                    "plan": {"type": "string"},
                    "postgresMajorVersion": {"type": "string"},
                    "ipAllowList": _PRIVATE,
                },
            },
        },
    },
}


@pytest.fixture(scope="module")
def unique(widened: TemplateSource, tmp_path_factory: pytest.TempPathFactory) -> Path:
    top = tmp_path_factory.mktemp("deploy")
    collect(widened, top, everything=True)
    return top


def required(project: Path) -> set[str]:
    """The bold rows of the README's table: what has no default."""
    table = (project / "README.md").read_text("utf-8").partition("\n## Settings\n")[2]
    bold = re.findall(r"\*\*(.+?)\*\*", "\n".join(re.findall(r"^\| (.+?) \|", table, re.MULTILINE)))
    return {name for cell in bold for name in re.findall(r"[A-Z][A-Z0-9_]+", cell)}


def invalid(schema: dict[str, Any], data: object) -> list[str]:
    validator = jsonschema.Draft202012Validator(schema)
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(data)]


# -- Railway ------------------------------------------------------------------------------------


def test_railway_is_told_what_it_knows(unique: Path) -> None:
    files = named(unique, "deploy/railway/*.json")
    assert {path.name for path in files} == {"api.json", "worker.json"}
    for file in files:
        service = json.loads(file.read_text())
        assert invalid(RAILWAY, service) == []
        assert "migrate" in service["deploy"]["preDeployCommand"][0]
        broken = {**service, "deploy": {**service["deploy"], "drainingSeconds": "30"}}
        assert invalid(RAILWAY, broken)


def test_railways_page_names_every_setting_of_both_services(unique: Path) -> None:
    for project in projects(unique, "deploy/railway/api.json"):
        page = (project / "docs/deploy.md").read_text("utf-8")
        api, worker = (
            set(re.findall(r"^([A-Z][A-Z0-9_]+)=", block, re.MULTILINE))
            for block in re.findall(r"```sh\n(PORT=.*?)```", page, re.DOTALL)
        )
        assert api - {"PORT", "TRUSTED_PROXY_HOPS"} == required(project), project.name
        assert worker - {"PORT"} == required(project), project.name


# -- Render -------------------------------------------------------------------------------------


def dangling(blueprint: dict[str, Any]) -> list[str]:
    """References that lead nowhere."""
    services = {each["name"]: each for each in blueprint["services"]}
    databases = {each["name"] for each in blueprint["databases"]}
    found = []
    for service in services.values():
        for variable in service.get("envVars", []):
            key = f"{service['name']}: {variable['key']}"
            database = variable.get("fromDatabase")
            if database and database["name"] not in databases:
                found.append(key)
            reference = variable.get("fromService")
            if reference:
                target = services.get(reference["name"], {})
                keys = {each["key"] for each in target.get("envVars", [])}
                wanted = {reference["envVarKey"]} if "envVarKey" in reference else set()
                if target.get("type") != reference["type"] or wanted - keys:
                    found.append(key)
    return found


def test_render_is_told_what_it_knows(unique: Path) -> None:
    files = named(unique, "render.yaml")
    assert len(files) >= 8
    for file in files:
        blueprint = yaml.safe_load(file.read_text())
        assert invalid(RENDER, blueprint) == []
        assert dangling(blueprint) == []
    broken = yaml.safe_load(files[0].read_text())
    broken["services"][0]["healthcheckPath"] = "/"
    assert invalid(RENDER, broken)
    broken["databases"][0]["name"] = "another"
    assert dangling(broken)


def test_render_gives_every_setting_to_both_services(unique: Path) -> None:
    for project in projects(unique, "render.yaml"):
        blueprint = yaml.safe_load((project / "render.yaml").read_text())
        for service in blueprint["services"]:
            if service["type"] == "keyvalue":
                continue
            given = {variable["key"] for variable in service["envVars"]}
            assert given - {"PORT", "TRUSTED_PROXY_HOPS"} == required(project), project.name
            plain = {each["key"] for each in service["envVars"] if "value" in each}
            assert plain <= {"PORT", "TRUSTED_PROXY_HOPS"}
            assert "migrate" in service["preDeployCommand"]


# -- AWS ----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def aws() -> Any:
    return botocore.session.Session()


def ill_formed(aws: Any, service: str, operation: str, parameters: dict[str, Any]) -> list[str]:
    """What AWS's own description of the call says against it."""
    shape = aws.get_service_model(service).operation_model(operation).input_shape
    report = ParamValidator().validate(parameters, shape)
    return [line for line in report.generate_report().splitlines() if line] + [
        f"{where}: {value!r} is none of {', '.join(allowed)}"
        for where, value, allowed in _enumerated(shape, parameters, "")
        if value not in allowed
    ]


def _enumerated(shape: Any, value: Any, where: str) -> Iterator[tuple[str, Any, Sequence[str]]]:
    """Every value that AWS has a list for; botocore itself leaves them to the server."""
    if shape.type_name == "structure":
        for name, inner in value.items():
            if name in shape.members:
                yield from _enumerated(shape.members[name], inner, f"{where}.{name}")
    elif shape.type_name == "list":
        for number, inner in enumerate(value):
            yield from _enumerated(shape.member, inner, f"{where}[{number}]")
    elif getattr(shape, "enum", None):
        yield where, value, shape.enum


def registered(file: Path) -> dict[str, Any]:
    """A task definition with what the workflow adds."""
    task = json.loads(file.read_text())
    (container,) = task["containerDefinitions"]
    container["image"] = "1.dkr.ecr.eu-central-1.amazonaws.com/x@sha256:0"
    container["logConfiguration"]["options"]["awslogs-region"] = "eu-central-1"
    return {**task, "executionRoleArn": "arn:aws:iam::1:role/x"}


def test_aws_can_register_the_tasks(unique: Path, aws: Any) -> None:
    files = named(unique, "deploy/ecs/api.json", "deploy/ecs/worker.json")
    assert len(files) >= 8
    for file in files:
        task = registered(file)
        assert ill_formed(aws, "ecs", "RegisterTaskDefinition", task) == []
        # Fargate's own sizes: half a processor goes with one to four GB.
        assert (task["cpu"], task["memory"]) in {("512", str(gb * 1024)) for gb in (1, 2, 3, 4)}
    for broken in ({"networkMode": "aws"}, {"cpus": "1"}, {"cpu": 512}):
        assert ill_formed(aws, "ecs", "RegisterTaskDefinition", {**task, **broken})


def test_aws_can_run_the_migration(unique: Path, aws: Any) -> None:
    (api,) = json.loads(named(unique, "deploy/ecs/api.json")[0].read_text())["containerDefinitions"]
    files = named(unique, "deploy/ecs/migrate.json")
    assert len(files) >= 2  # each language has a command of its own
    for file in files:
        overrides = json.loads(file.read_text())
        call = {"taskDefinition": "x", "overrides": overrides}
        assert ill_formed(aws, "ecs", "RunTask", call) == []
        (container,) = overrides["containerOverrides"]
        assert container["name"] == api["name"]
        assert "migrate" in container["command"][-1]


def test_every_setting_is_a_reference(unique: Path) -> None:
    for project in projects(unique, "deploy/ecs/api.json"):
        page = (project / "docs/deploy.md").read_text("utf-8")
        stored = re.findall(r"^ +for name in (.*_.*); do$", page, re.MULTILINE)[0].split()
        assert set(stored) == required(project)
        for name in ("api", "worker"):
            task = json.loads((project / f"deploy/ecs/{name}.json").read_text())
            (container,) = task["containerDefinitions"]
            slug = task["family"].removesuffix(f"-{name}")
            assert container["secrets"] == [
                {"name": key, "valueFrom": f"/{slug}/{key}"} for key in stored
            ]
            plain = {each["name"] for each in container.get("environment", [])}
            assert plain <= {"TRUSTED_PROXY_HOPS"}


GLOBAL = {"--query", "--output", "--region", "--cli-input-json"}
# What the command line adds to the API.
OWN = {("ecr", "get-login-password")}


def unknown(aws: Any, command: Sequence[str]) -> list[str]:
    """What the AWS command line would not understand of `aws SERVICE OPERATION --flag …`."""
    service, operation, *rest = command[1:]
    if (service, operation) in OWN:
        return []
    model = aws.get_service_model(service)
    if operation == "wait":
        waiters = aws.get_waiter_model(service)
        names = {xform_name(name, "-"): name for name in waiters.waiter_names}
        if rest[0] not in names:
            return [f"{service} wait {rest[0]}"]
        name = waiters.get_waiter(names[rest[0]]).operation
    else:
        names = {xform_name(name, "-"): name for name in model.operation_names}
        if operation not in names:
            return [f"{service} {operation}"]
        name = names[operation]
    members = model.operation_model(name).input_shape.members
    flags = {f"--{xform_name(member, '-')}" for member in members}
    given = {word for word in rest if word.startswith("--")}
    return [f"{service} {operation} {flag}" for flag in sorted(given - flags - GLOBAL)]


def commands(text: str) -> Iterator[list[str]]:
    """Each `aws …` of a shell text, without what it is piped into or assigned to."""
    joined = re.sub(r"\\\n\s*", " ", text)
    for found in re.finditer(r"(?:^|\(|\s)(aws [a-z0-9-]+ [a-z].*)", joined, re.MULTILINE):
        lexer = shlex.shlex(found[1].rstrip(")"), posix=True, punctuation_chars="|;&<>")
        lexer.whitespace_split = True
        words = []
        for word in lexer:
            if word in {"|", ";", "&&", ">"}:
                break
            words.append(word)
        yield words


def test_aws_knows_every_command(unique: Path, aws: Any) -> None:
    seen = set()
    for project in projects(unique, "deploy/ecs/api.json")[:1]:
        workflow = yaml.safe_load((project / ".github/workflows/deploy.yml").read_text())
        texts = [step["run"] for _, step in steps(workflow) if "run" in step]
        page = (project / "docs/deploy.md").read_text("utf-8")
        texts += re.findall(r"```sh\n(.*?)```", page, re.DOTALL)
        for text in texts:
            for command in commands(text):
                assert unknown(aws, command) == [], command
                seen.add(tuple(command[1:3]))
    assert {("ecs", "run-task"), ("ecs", "create-service"), ("ssm", "put-parameter")} <= seen
    assert len(seen) >= 12
    for broken in ("aws ecs start-tasks", "aws ecs run-task --tasks x", "aws ecs wait tasks-done"):
        assert unknown(aws, broken.split())
