"""A stand in containers: the project's own image, made and run as its compose file says.

The file is taken as Compose resolves it. Changed is only what the suite itself has to hold: the
environment, the ports, who restarts what, and the placeholder of every password. All of a stand's
services share one network address that outlives them, so that a service that is gone refuses
connections, as a machine whose program has ended does.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from roadbed.services import Service as Server
from roadbed.services import ServiceError, composition, guardian
from roadbed.services.ports import free_port
from roadbed.services.service import Held, StopMode
from roadbed.verify.ground import Ended, Ground
from roadbed.verify.process import Crashed, Service
from roadbed.verify.project import NotAProject, Project
from roadbed.verify.report import Progress

PROCESSES = ("api", "worker", "migrate", "jobs-retry")
_URLS = {"postgres": "DATABASE_URL", "redis": "REDIS_URL", "broker": "BROKER_URL"}
_PLACEHOLDER = "change-me"
# Stands where a job's id will be, once there is one.
_ID = "00000000-id-of-the-job"
# Of a process: what the suite decides itself.
_DECIDED = frozenset(
    {"build", "container_name", "depends_on", "environment", "healthcheck", "networks", "ports",
     "profiles", "restart"}
)  # fmt: skip
_BUILD_WITHIN, _UP_WITHIN = 1800.0, 240.0
_HEALTHY_WITHIN = 120.0
# A server whose image has another user can read its own files only.
_AS_ROOT = ("--user", "0:0")
Definition = dict[str, Any]


class Containers:
    """A project's image and composition."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._definitions: dict[str, Definition] = {}
        self._bridge = ""

    def get_ready(self, out: Progress) -> None:
        """`docker compose build`."""
        out.say("docker compose build …")
        docker("compose", "build", cwd=self._project.root, within=_BUILD_WITHIN)

    def ground(self) -> Ground:
        if not self._definitions:
            self._definitions = self._resolve()
            self._bridge = _bridge_address()
        return ComposedGround(self._definitions, self._bridge)

    def _resolve(self) -> dict[str, Definition]:
        """The services by name, as Compose itself reads the file."""
        text = docker(
            "compose", "--profile", "*", "config", "--format", "json",
            cwd=self._project.root, ID=_ID,
        )  # fmt: skip
        services: dict[str, Definition] = json.loads(text)["services"]
        wanted = (*PROCESSES, "postgres", "redis") + (
            ("broker",) * (self._project.queue != "postgres")
        )
        missing = [name for name in wanted if name not in services]
        if missing:
            raise NotAProject(
                f"the compose file of {self._project.root} has no service {', '.join(missing)}; "
                f"in containers the suite knows a project by its services {', '.join(wanted)}"
            )
        for name in PROCESSES:
            # As it was built now: another build may take the name meanwhile.
            image = services[name]["image"]
            services[name]["image"] = docker("image", "inspect", "--format", "{{.Id}}", image)
        return {name: services[name] for name in wanted}


class ComposedGround:
    """One stand's containers, all of one Compose project."""

    def __init__(self, definitions: Mapping[str, Definition], bridge: str) -> None:
        # Everything that was a placeholder, in all places, is one secret of this stand.
        text = json.dumps(definitions).replace(_PLACEHOLDER, secrets.token_hex(18))
        self._definitions: dict[str, Definition] = json.loads(text)
        self._name = f"roadbed-{secrets.token_hex(5)}"
        self._servers: dict[str, ComposedServer] = {}
        self._folder = Path()
        self._count = 0
        self.address = self.caller = ""
        self.fakes = bridge

    def start(self, stack: ExitStack, folder: Path) -> dict[str, Server]:
        self._folder = folder
        guardian.watch_composition(self._name)
        stack.callback(self._remove)
        inside = self._definitions["api"]["environment"]
        composed: dict[str, Definition] = {}
        for name, variable in _URLS.items():
            if name in self._definitions:
                definition, port, published = _at_a_free_port(self._definitions[name])
                composed[name] = definition
                self._servers[name] = ComposedServer(
                    name, f"{self._name}-{name}-1", inside[variable], port, published
                )
        # Holds the network that the services come and go in.
        composed["place"] = {
            "image": composed["postgres"]["image"],
            "entrypoint": ["sleep", "infinity"],
            "init": True,
        }
        file = self._write("servers", composed)
        self._compose(file, "up", "--detach", "--wait", within=_UP_WITHIN)
        [network] = json.loads(
            docker("inspect", "--format", "{{json .NetworkSettings.Networks}}", self._place)
        ).values()
        self.address, self.caller = network["IPAddress"], network["Gateway"]
        return dict(self._servers)

    def service(self, name: str, verb: str, env: Mapping[str, str], folder: Path) -> Service:
        return ComposedService(self, name, verb, env, folder)

    def run_once(self, words: Sequence[str], env: Mapping[str, str], timeout: float) -> Ended:
        verb, *arguments = words
        job_id = arguments[0].removeprefix("ID=") if arguments else ""
        self._count += 1
        container = self.create(f"{verb}-once-{self._count}", verb, env, job_id)
        try:
            return _foreground(container, timeout)
        finally:
            docker("rm", "--force", container)

    def create(self, name: str, verb: str, env: Mapping[str, str], job_id: str = "") -> str:
        """A container of one process with exactly this environment, not started; its name."""
        container = f"{self._name}-{name}"
        composed = self._definitions[verb]
        kept = {key: value for key, value in composed.items() if key not in _DECIDED}
        own = composed.get("environment", {})
        definition: Definition = json.loads(json.dumps(kept).replace(_ID, job_id)) | {
            "container_name": container,
            # Where a process listens is its container's affair, whatever environment it is in.
            "environment": {
                **{key: value for key, value in own.items() if key == "HOST"},
                **{key: self._as_seen_inside(value) for key, value in env.items()},
            },
            "network_mode": f"container:{self._place}",
            "healthcheck": {"disable": True},
        }
        self._compose(self._write(name, {name: definition}), "create", "--quiet-pull")
        return container

    def _as_seen_inside(self, value: str) -> str:
        """A server's address is another one in its own network."""
        for server in self._servers.values():
            value = value.replace(server.outside, server.inside)
        return value.replace("$", "$$")

    @property
    def _place(self) -> str:
        return f"{self._name}-place-1"

    def _write(self, name: str, services: Mapping[str, Definition]) -> Path:
        volumes: dict[str, Definition] = {
            mount["source"]: {}
            for service in services.values()
            for mount in service.get("volumes") or []
            if mount["type"] == "volume"
        }
        file = self._folder / f"{name}.compose.json"
        file.touch(0o600)
        file.write_text(json.dumps({"services": services, "volumes": volumes}, indent=1), "utf-8")
        return file

    def _compose(self, file: Path, *words: str, within: float = 60.0) -> None:
        docker(
            "compose", "--project-name", self._name, "--file", str(file), *words,
            within=within, COMPOSE_IGNORE_ORPHANS="true",
        )  # fmt: skip

    def _remove(self) -> None:
        composition.remove(self._name)
        guardian.forget_composition(self._name)


class ComposedService(Service):
    """An api or worker whose process is the first one of its container."""

    def __init__(
        self, ground: ComposedGround, name: str, verb: str, env: Mapping[str, str], folder: Path
    ) -> None:
        super().__init__(name, verb, folder, env, folder)
        self._ground, self._container = ground, ""
        self.host = ground.address

    def _command(self) -> list[str]:
        if not self._container:
            self._container = self._ground.create(self.name, self.verb, self.env)
        return ["docker", "start", "--attach", self._container]

    @property
    def pid(self) -> int:
        """As this machine numbers it; in its container it is 1."""
        if not self.running:
            raise Crashed(f"{self.name} is not running")
        return int(docker("inspect", "--format", "{{.State.Pid}}", self._container))

    @property
    def pids(self) -> list[int]:
        return [self.pid] if self.running else []

    def signal(self, number: int) -> None:
        # `docker start` may still be on its way.
        deadline = time.monotonic() + 5
        while not self.pid and time.monotonic() < deadline:
            time.sleep(0.02)
        docker("kill", "--signal", str(int(number)), self._container)

    def kill(self) -> None:
        if self._process is None:
            return
        with contextlib.suppress(ServiceError):  # it may have ended by itself
            docker("kill", self._container)
        self._process.wait(10)
        self._finish()

    def pause(self) -> None:
        docker("pause", self._container)

    def unpause(self) -> None:
        if self.running and _state(self._container)["Paused"]:
            docker("unpause", self._container)


class ComposedServer(Held):
    """PostgreSQL, Redis or a broker of the composition; `dsn` is the one of this machine."""

    def __init__(self, name: str, container: str, url: str, port: int, published: int) -> None:
        self.name, self._container = name, container
        parts = urlsplit(url)
        self.inside = f"{parts.hostname}:{parts.port or port}"
        self.outside = f"127.0.0.1:{published}"
        credentials, at, _ = parts.netloc.rpartition("@")
        self.dsn = urlunsplit(parts._replace(netloc=credentials + at + self.outside))

    @property
    def running(self) -> bool:
        return bool(_state(self._container)["Running"])

    def start_again(self) -> None:
        if self.running:
            return
        docker("start", self._container)
        deadline = time.monotonic() + _HEALTHY_WITHIN
        while _state(self._container).get("Health", {}).get("Status") != "healthy":
            if time.monotonic() > deadline:
                raise ServiceError(
                    f"{self.name} did not get healthy: docker logs {self._container}"
                )
            time.sleep(0.1)

    def stop(self, mode: StopMode = "fast") -> None:
        if mode == "immediate":
            self.kill()
        else:
            self.unpause()
            docker("stop", "--timeout", "15", self._container)

    def kill(self) -> None:
        if self.running:
            docker("kill", self._container)

    def pause(self) -> None:
        docker("pause", self._container)

    def unpause(self) -> None:
        if _state(self._container)["Paused"]:
            docker("unpause", self._container)

    def restart(self) -> None:
        self.stop()
        self.start_again()

    def wipe(self) -> None:
        self.stop("immediate")
        self._in_its_volume("rm -rf -- * .[!.]*")
        self.start_again()

    def back_up(self) -> None:
        self.stop()
        docker("rm", "--force", "--volumes", self._backup)
        docker(
            "create", "--name", self._backup, "--volumes-from", self._container, "--volume",
            "/backup", "--label", self._label, "--workdir", self._data, *_AS_ROOT, "--entrypoint",
            "sh", self._image, "-c", "cp -a . /backup",
        )  # fmt: skip
        docker("start", "--attach", self._backup)
        self.start_again()

    def roll_back(self) -> None:
        self.stop("immediate")
        self._in_its_volume("rm -rf -- * .[!.]*; cp -a /backup/. .", "--volumes-from", self._backup)
        self.start_again()

    def close(self) -> None:
        """It goes with its composition."""

    @property
    def _backup(self) -> str:
        return f"{self._container}-backup"

    def _in_its_volume(self, script: str, *options: str) -> None:
        docker(
            "run", "--rm", "--volumes-from", self._container, *options, "--workdir", self._data,
            "--network", "none", *_AS_ROOT, "--entrypoint", "sh", self._image, "-c", script,
        )  # fmt: skip

    @property
    def _image(self) -> str:
        return docker("inspect", "--format", "{{.Config.Image}}", self._container)

    @property
    def _label(self) -> str:
        label = "com.docker.compose.project"
        project = docker(
            "inspect", "--format", f'{{{{index .Config.Labels "{label}"}}}}', self._container
        )
        return f"{label}={project}"

    @property
    def _data(self) -> str:
        """Where its volume is mounted."""
        mounts = json.loads(docker("inspect", "--format", "{{json .Mounts}}", self._container))
        return str(next(mount["Destination"] for mount in mounts if mount["Type"] == "volume"))


def docker(*words: str, cwd: Path | None = None, within: float = 60.0, **env: str) -> str:
    """Run a docker command; its stdout. Raises `ServiceError` with what it said."""
    said = f"docker {' '.join(words[:6])}"
    try:
        process = subprocess.Popen(
            ["docker", *words],
            cwd=cwd,
            env=_environment(**env),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
    except FileNotFoundError:
        raise ServiceError(
            "there is no docker on this machine: install it, or verify without --compose"
        ) from None
    # It must not go on making containers when nobody is left to remove them.
    guardian.watch_process(process.pid)
    try:
        out, err = process.communicate(timeout=within)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        raise ServiceError(f"{said} did not end within {within:g} s") from None
    finally:
        guardian.forget_process(process.pid)
    if process.returncode != 0:
        last = "\n".join(err.strip().splitlines()[-12:])
        raise ServiceError(f"{said} failed: {last}")
    return out.strip()


def _environment(**changed: str) -> dict[str, str]:
    """The user's own, without what would change the project's composition."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("COMPOSE_")}
    return {**kept, **changed}


def _foreground(container: str, timeout: float) -> Ended:
    process = subprocess.Popen(
        ["docker", "start", "--attach", container],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    try:
        out, err = process.communicate(timeout=timeout)
        code = process.returncode
    except subprocess.TimeoutExpired:
        docker("kill", container)
        out, err = process.communicate()
        code = -9
    return code, out.decode("utf-8", "replace"), err.decode("utf-8", "replace")


def _state(container: str) -> dict[str, Any]:
    state: dict[str, Any] = json.loads(docker("inspect", "--format", "{{json .State}}", container))
    return state


def _at_a_free_port(definition: Definition) -> tuple[Definition, int, int]:
    """The server published on a loopback port of ours: itself, its port inside, the one outside."""
    first = definition["ports"][0]
    published = free_port()
    port = {"target": first["target"], "published": str(published), "host_ip": "127.0.0.1"}
    # A broker that tells its clients where it is has to name the port that they reach.
    text = json.dumps({key: value for key, value in definition.items() if key not in
                       ("ports", "networks", "depends_on", "profiles", "restart")})  # fmt: skip
    text = text.replace(f"127.0.0.1:{first['published']}", f"127.0.0.1:{published}")
    return {**json.loads(text), "ports": [port]}, int(first["target"]), published


def _bridge_address() -> str:
    """This machine, as every container can reach it and nothing outside of it can."""
    configs = json.loads(
        docker("network", "inspect", "bridge", "--format", "{{json .IPAM.Config}}")
    )
    for config in configs:
        if "Gateway" in config:
            return str(config["Gateway"])
    raise ServiceError("docker's network `bridge` has no gateway: the suite has to listen on one")
