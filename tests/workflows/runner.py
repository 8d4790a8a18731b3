"""A workflow's jobs, run as a runner runs them: fresh checkouts, real services, its own scripts.

What is played is named here and nowhere else: the actions in `ACTIONS`, and the servers that stand
for service containers, at ports of their own. Anything a workflow uses beyond that is a failure.
"""

from __future__ import annotations

import itertools
import os
import re
import shlex
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from roadbed.services import Postgres, Redis, Service
from roadbed.services.kafka import Kafka
from roadbed.services.rabbitmq import RabbitMQ
from roadbed.trial import OURS

# Seconds for one step.
LIMIT = 1200.0
_EXPRESSION = re.compile(r"\$\{\{\s*(.+?)\s*\}\}")
_EQUALITY = re.compile(r"([\w.-]+) == '([^']*)'")
_SHELLS = {None: ["bash", "-e"], "bash": ["bash", "--noprofile", "--norc", "-eo", "pipefail"]}


class Broken(Exception):
    """The workflow asks for something that a runner would not give, or a step of it failed."""


class Container(NamedTuple):
    """What stands for a service's image: the port it listens on inside, and how it is reached."""

    port: int
    url: str
    start: Callable[[], Service]


CONTAINERS = {
    "postgres": Container(
        5432,
        "postgresql://{POSTGRES_USER}:{POSTGRES_PASSWORD}@127.0.0.1:{port}/{POSTGRES_DB}",
        Postgres.start,
    ),
    "redis": Container(6379, "redis://127.0.0.1:{port}/0", Redis.start),
    "rabbitmq": Container(
        5672,
        "amqp://{RABBITMQ_DEFAULT_USER}:{RABBITMQ_DEFAULT_PASS}@127.0.0.1:{port}/",
        RabbitMQ.start,
    ),
    "apache/kafka": Container(9092, "kafka://127.0.0.1:{port}", Kafka.start),
}


@dataclass
class Job:
    """One job of a workflow with one combination of its matrix, in a folder of its own."""

    name: str
    spec: Mapping[str, Any]
    matrix: Mapping[str, str]
    origin: Path
    folder: Path
    said: str = ""
    _steps: dict[str, dict[str, str]] = field(default_factory=dict)
    _environment: dict[str, str] = field(default_factory=dict)
    _path: list[str] = field(default_factory=list)

    @property
    def workspace(self) -> Path:
        return self.folder / "work"

    @property
    def temporary(self) -> Path:
        return self.folder / "temp"

    def run(self) -> None:
        """Start the services, then every step in its order. Raises Broken at the first failure."""
        for folder in (self.workspace, self.temporary):
            folder.mkdir(parents=True)
        with ExitStack() as stack:
            given = {name: self.resolve(text) for name, text in self.spec.get("env", {}).items()}
            self._environment = self._start(stack, given)
            for step in self.spec["steps"]:
                self._step(step)

    def _start(self, stack: ExitStack, environment: dict[str, str]) -> dict[str, str]:
        """The job's environment, with the real servers' URLs in place of the containers'."""
        for name, service in self.spec.get("services", {}).items():
            container, url = container_of(name, service)
            users = [key for key, value in environment.items() if value == url]
            if not users:
                raise Broken(f"{self.name}: nothing in env is the service {name}'s {url}")
            server = stack.enter_context(container.start())
            environment |= dict.fromkeys(users, server.dsn)
        return environment

    # -- steps ------------------------------------------------------------------------------------

    def _step(self, step: Mapping[str, Any]) -> None:
        if "if" in step and not self._holds(step["if"]):
            return
        if "uses" in step:
            action = step["uses"].partition("@")[0]
            inputs = {key: self.resolve(str(to)) for key, to in step.get("with", {}).items()}
            if action.startswith("./"):
                for inner in _load(self.workspace / action / "action.yml")["runs"]["steps"]:
                    self._step(inner)
            elif action in ACTIONS:
                ACTIONS[action](self, inputs)
            else:
                raise Broken(f"{self.name}: {action} is no action that a replay knows")
        else:
            self._script(step)

    def _script(self, step: Mapping[str, Any]) -> None:
        if _EXPRESSION.search(step["run"]):
            raise Broken(f"{self.name}: an expression in a script: {step['run']!r}")
        script = self.temporary / "step.sh"
        script.write_text(step["run"], "utf-8")
        files = {name: self.temporary / name.lower() for name in ("GITHUB_OUTPUT", "GITHUB_PATH")}
        for file in files.values():
            file.write_text("")
        own = {name: self.resolve(str(text)) for name, text in step.get("env", {}).items()}
        inherited = {name: value for name, value in os.environ.items() if name not in OURS}
        environment = {
            **inherited,
            "CI": "true",
            "GITHUB_ACTIONS": "true",
            "GITHUB_SHA": self._git("rev-parse", "HEAD"),
            "GITHUB_WORKSPACE": str(self.workspace),
            "RUNNER_TEMP": str(self.temporary),
            **{name: str(file) for name, file in files.items()},
            **self._environment,
            **own,
            "PATH": os.pathsep.join([*self._path, os.environ["PATH"]]),
        }
        code, said = _live([*_SHELLS[step.get("shell")], str(script)], self.workspace, environment)
        self.said += said
        if code:
            what = step.get("name") or step["run"].strip().splitlines()[0]
            raise Broken(f"{self.name}: {what!r} ended with {code} in {self.folder}:\n{said}")
        self._path = [*files["GITHUB_PATH"].read_text().split(), *self._path]
        outputs = (line.partition("=") for line in files["GITHUB_OUTPUT"].read_text().splitlines())
        self._steps[step.get("id", "")] = {name: value for name, _, value in outputs}

    def _git(self, *words: str) -> str:
        done = subprocess.run(
            ["git", "-C", str(self.workspace), *words], capture_output=True, text=True, check=True
        )
        return done.stdout.strip()

    # -- expressions ------------------------------------------------------------------------------

    def resolve(self, text: str) -> str:
        """A text with the expressions that this runner knows; Broken for any other."""
        return _EXPRESSION.sub(lambda found: self._value(found[1]), str(text))

    def _value(self, name: str) -> str:
        context, _, rest = name.partition(".")
        step, _, output = rest.partition(".outputs.")
        try:
            if context == "matrix":
                return self.matrix[rest]
            if context == "env":
                return self._environment[rest]
            if context == "steps":
                return self._steps[step][output]
        except KeyError:
            pass
        raise Broken(f"{self.name}: nothing gives a value to {name}")

    def _holds(self, condition: str) -> bool:
        found = _EQUALITY.fullmatch(condition)
        if not found:
            raise Broken(f"{self.name}: a replay cannot judge 'if: {condition}'")
        return self._value(found[1]) == found[2]


def container_of(name: str, service: Mapping[str, Any]) -> tuple[Container, str]:
    """What stands for a service, and the URL at which the job's steps would reach it."""
    image = str(service["image"]).partition(":")[0]
    if image not in CONTAINERS:
        raise Broken(f"the service {name}: nothing stands for {image}")
    container = CONTAINERS[image]
    (published,) = service["ports"]
    outside, _, inside = str(published).partition(":")
    if int(inside) != container.port:
        raise Broken(f"the service {name}: {image} listens on {container.port}, not on {inside}")
    if "--health-cmd" not in shlex.split(service.get("options", "")):
        raise Broken(f"the service {name}: steps would start before it answers")
    return container, container.url.format(port=outside, **service.get("env", {}))


def jobs(workflow: Path, origin: Path, folder: Path) -> Iterator[Job]:
    """Each job with each combination of its matrix, in the file's order."""
    for name, spec in _load(workflow)["jobs"].items():
        axes = spec.get("strategy", {}).get("matrix", {})
        for values in itertools.product(*axes.values()):
            title = "-".join([name, *map(str, values)]).replace(" ", "-")
            matrix = dict(zip(axes, values, strict=True))
            yield Job(title, spec, matrix, origin, folder / title)


# -- actions --------------------------------------------------------------------------------------


def _checkout(job: Job, inputs: Mapping[str, str]) -> None:
    """As actions/checkout: one commit, or with `fetch-depth: 0` all of them and the tags."""
    depth = inputs.get("fetch-depth", "1")
    words = ["--depth", depth, "--no-tags"] if depth != "0" else []
    subprocess.run(
        ["git", "clone", "--quiet", *words, f"file://{job.origin}", str(job.workspace)], check=True
    )


def _setup_uv(job: Job, _: Mapping[str, str]) -> None:
    """As astral-sh/setup-uv: uv on PATH. The Python is this machine's: none can be downloaded."""
    uv = Path(sys.executable).with_name("uv")
    found = str(uv) if uv.exists() else shutil.which("uv")
    if found is None:
        raise Broken("a replay needs uv beside its Python, or on PATH")
    tools = job.temporary / "tools"
    tools.mkdir()
    (tools / "uv").symlink_to(found)
    job._path.insert(0, str(tools))


def _setup_node(job: Job, _: Mapping[str, str]) -> None:
    """As actions/setup-node, but that an older Node stays: the project brings its own then."""
    if shutil.which("npm") is None:
        raise Broken(f"{job.name}: a replay needs npm on PATH")


def _sbom(job: Job, inputs: Mapping[str, str]) -> None:
    """Not anchore/sbom-action, which downloads its program: what it would read has to exist."""
    subprocess.run(["docker", "image", "inspect", inputs["image"]], check=True, capture_output=True)
    if not (job.workspace / inputs["output-file"]).parent.is_dir():
        raise Broken(f"{job.name}: the folder of {inputs['output-file']} is not there")


def _upload(job: Job, inputs: Mapping[str, str]) -> None:
    """As actions/upload-artifact, up to the upload."""
    if not any((job.workspace / inputs["path"]).iterdir()):
        raise Broken(f"{job.name}: {inputs['path']} holds nothing to upload")


def _scan(job: Job, inputs: Mapping[str, str]) -> None:
    """Not anchore/scan-action, which downloads its data: what it would read comes from `_sbom`."""
    written = [step["with"]["output-file"] for step in job.spec["steps"]
               if step.get("uses", "").startswith("anchore/sbom-action@")]  # fmt: skip
    if inputs["sbom"] not in written:
        raise Broken(f"{job.name}: no step writes {inputs['sbom']}")


ACTIONS: dict[str, Callable[[Job, Mapping[str, str]], None]] = {
    "actions/checkout": _checkout,
    "actions/setup-node": _setup_node,
    "actions/upload-artifact": _upload,
    "anchore/sbom-action": _sbom,
    "anchore/scan-action": _scan,
    "astral-sh/setup-uv": _setup_uv,
}


def _load(file: Path) -> dict[str, Any]:
    data = yaml.safe_load(file.read_text("utf-8"))
    if not isinstance(data, dict):
        raise Broken(f"{file} is no workflow")
    return data


def _live(command: list[str], folder: Path, environment: Mapping[str, str]) -> tuple[int, str]:
    """Run a command and show its lines as they come; its exit code, and all of them."""
    process = subprocess.Popen(
        command,
        cwd=folder,
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    stop = threading.Timer(LIMIT, process.terminate)
    stop.start()
    lines = []
    try:
        assert process.stdout is not None
        for line in process.stdout:
            lines.append(line)
            print(line, end="", flush=True)
        process.wait()
    finally:
        stop.cancel()
        if process.poll() is None:
            process.terminate()
            process.wait(30)
    return process.returncode, "".join(lines)
