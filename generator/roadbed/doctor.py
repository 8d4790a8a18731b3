"""`roadbed doctor`: what is on this machine for each framework and service.

A finding that is missing says what to run. `required` ones decide the exit code; the others only
say what would be possible.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from roadbed.errors import INCOMPLETE, OK
from roadbed.services import ServiceError
from roadbed.services.rabbitmq import find_binary as find_rabbitmq
from roadbed.terminal import Terminal

_TIMEOUT = 10.0
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")


# The tools a project of each framework cannot be set up without.
NEEDS: dict[str, tuple[str, ...]] = {
    "fastapi": ("python", "make"),
    "flask": ("python", "make"),
    "django": ("python", "make"),
    "fastify": ("npm", "make"),
    "express": ("npm", "make"),
    "hono": ("npm", "make"),
    "nestjs": ("npm", "make"),
}
NODE_FIX = "apt-get install npm"
REQUIRED = frozenset({"python", "git", "make"})


@dataclass(frozen=True)
class Finding:
    """One tool. `found` is its version, or empty when it is missing; `fix` mends that."""

    name: str
    serves: str
    found: str
    fix: str

    @property
    def ok(self) -> bool:
        return bool(self.found)

    @property
    def required(self) -> bool:
        return self.name in REQUIRED


def examine() -> tuple[Finding, ...]:
    """Look for every tool; each look is bounded in time."""
    services = "make demo, roadbed verify and a project's tests"
    kafka = "roadbed verify and tests of queue kafka"
    return (
        _python(),
        _tool("git", "the first commit of a project", "apt-get install git"),
        _tool("make", "every project", "apt-get install make"),
        _tool("uv", "quicker installs of Python projects", "pip install uv"),
        _tool("npm", "Node projects (an older node is enough: they bring their own)", NODE_FIX),
        _server(
            "postgres",
            services,
            sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True),
            "apt-get install postgresql (until then an embedded one is fetched from PyPI)",
        ),
        _server(
            "redis-server",
            services,
            [],
            "apt-get install redis-server (until then an embedded one is fetched from PyPI)",
        ),
        _rabbitmq(),
        _tool("java", kafka, "apt-get install default-jre-headless"),
        _tool("mvn", f"{kafka}, which comes from Maven Central", "apt-get install maven"),
        _docker(),
    )


def missing_for(framework: str, findings: Sequence[Finding]) -> list[str]:
    """The tools a framework needs that are not there."""
    return [
        finding.name for finding in findings if finding.name in NEEDS[framework] and not finding.ok
    ]


def show_findings(
    findings: Sequence[Finding], frameworks: Sequence[str], out: Terminal, *, as_json: bool
) -> int:
    """Print them; the exit code says whether everything required is there.

    A tool that only other frameworks need is left out.
    """
    wanted = {need for framework in frameworks for need in NEEDS[framework]}
    others = {need for needs in NEEDS.values() for need in needs} - wanted
    findings = [finding for finding in findings if finding.name not in others]
    healthy = all(finding.ok for finding in findings if finding.required)
    lacks = {framework: missing_for(framework, findings) for framework in frameworks}
    if as_json:
        data = [
            {**asdict(finding), "ok": finding.ok, "required": finding.required}
            for finding in findings
        ]
        out.line(json.dumps({"ok": healthy, "findings": data, "missing_for": lacks}, indent=2))
        return OK if healthy else INCOMPLETE
    for finding in findings:
        _show(finding, out)
    out.line()
    for framework, missing in lacks.items():
        state = f"needs {', '.join(missing)}" if missing else "ready"
        out.line(f"{out.paint(state.ljust(8), 'red' if missing else 'green')} {framework}")
    return OK if healthy else INCOMPLETE


def _show(finding: Finding, out: Terminal) -> None:
    style = "green" if finding.ok else "red" if finding.required else "yellow"
    mark = out.paint(("ok" if finding.ok else "missing").ljust(8), style)
    out.line(f"{mark} {finding.name.ljust(15)} {finding.found or f'serves {finding.serves}'}")
    if not finding.ok:
        out.line(f"{'':9}to fix, run: {finding.fix}")


def _python() -> Finding:
    version = ".".join(str(part) for part in sys.version_info[:3])
    return Finding("python", "roadbed and Python projects", f"{version} ({sys.executable})", "")


def _tool(name: str, serves: str, fix: str) -> Finding:
    path = shutil.which(name)
    return Finding(name, serves, _first_line(path, ["--version"]) if path else "", fix)


def _server(name: str, serves: str, folders: Sequence[Path], fix: str) -> Finding:
    here = [str(folder / name) for folder in folders if (folder / name).is_file()]
    path = shutil.which(name) or (here[0] if here else None)
    found = f"{_first_line(path, ['--version'])} ({path})" if path else ""
    return Finding(name, serves, found, fix)


def _rabbitmq() -> Finding:
    """Where it is; asking its version takes a second of Erlang, or starts a node."""
    try:
        found = str(find_rabbitmq())
    except ServiceError:
        found = ""
    fix = "apt-get install rabbitmq-server"
    return Finding("rabbitmq-server", "roadbed verify and tests of queue rabbitmq", found, fix)


def _docker() -> Finding:
    """The daemon, not the client: a client alone runs nothing."""
    path = shutil.which("docker")
    answer = _first_line(path, ["version", "--format", "{{.Server.Version}}"]) if path else ""
    fix = "systemctl start docker" if path else "https://docs.docker.com/engine/install/"
    return Finding("docker", "images and compose", answer and f"daemon {answer}", fix)


def _first_line(path: str | None, arguments: list[str]) -> str:
    """The first line of what a tool says about itself; empty when it fails."""
    try:
        done = subprocess.run(
            [path or "", *arguments],
            capture_output=True,
            text=True,
            timeout=_TIMEOUT,
            check=True,
            stdin=subprocess.DEVNULL,
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return _COLOURS.sub("", (done.stdout.strip().splitlines() or [""])[0])
