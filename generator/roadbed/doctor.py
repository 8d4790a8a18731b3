"""`roadbed doctor`: what is on this machine for each framework and service.

A finding that is missing says what to run. `required` ones decide the exit code; the others only
say what would be possible.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from roadbed.errors import CHECK_FAILED, OK
from roadbed.terminal import Terminal

_TIMEOUT = 10.0


@dataclass(frozen=True)
class Finding:
    """One tool. `found` is its version, or empty when it is missing; `fix` mends that."""

    name: str
    serves: str
    required: bool
    found: str
    fix: str

    @property
    def ok(self) -> bool:
        return bool(self.found)


def examine() -> tuple[Finding, ...]:
    """Look for every tool; each look is bounded in time."""
    return (
        _python(),
        _tool("git", "roadbed new", ["--version"], "apt-get install git"),
        _tool("make", "every project", ["--version"], "apt-get install make"),
        _tool("uv", "Python projects, faster installs", ["--version"], "pip install uv", False),
        _server(
            "postgres",
            "make demo, roadbed verify, a project's tests",
            sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True),
            "apt-get install postgresql (else an embedded one is fetched from PyPI)",
        ),
        _server(
            "redis-server",
            "make demo, roadbed verify, a project's tests",
            [],
            "apt-get install redis-server (else an embedded one is fetched from PyPI)",
        ),
        _docker(),
    )


def show_findings(findings: Sequence[Finding], out: Terminal, *, as_json: bool) -> int:
    """Print them; the exit code says whether everything required is there."""
    healthy = all(finding.ok for finding in findings if finding.required)
    if as_json:
        data = [{**asdict(finding), "ok": finding.ok} for finding in findings]
        out.line(json.dumps({"ok": healthy, "findings": data}, indent=2))
        return OK if healthy else CHECK_FAILED
    for finding in findings:
        mark, style = ("ok", "green") if finding.ok else ("missing", "yellow")
        if finding.required and not finding.ok:
            style = "red"
        detail = finding.found or f"needed for {finding.serves}"
        out.line(f"{out.paint(mark.ljust(8), style)} {finding.name.ljust(13)} {detail}")
        if not finding.ok:
            out.line(f"{'':9}to fix, run: {finding.fix}")
    out.line()
    out.line("Ready." if healthy else "Something required is missing.", "bold")
    return OK if healthy else CHECK_FAILED


def _python() -> Finding:
    version = ".".join(str(part) for part in sys.version_info[:3])
    return Finding("python", "roadbed, Python projects", True, f"{version} ({sys.executable})", "")


def _tool(name: str, serves: str, arguments: list[str], fix: str, required: bool = True) -> Finding:
    path = shutil.which(name)
    return Finding(name, serves, required, _first_line(path, arguments) if path else "", fix)


def _server(name: str, serves: str, folders: Sequence[Path], fix: str) -> Finding:
    here = [str(folder / name) for folder in folders if (folder / name).is_file()]
    path = shutil.which(name) or (here[0] if here else None)
    found = f"{_first_line(path, ['--version'])} ({path})" if path else ""
    return Finding(name, serves, False, found, fix)


def _docker() -> Finding:
    """The daemon, not the client: a client alone runs nothing."""
    path = shutil.which("docker")
    answer = _first_line(path, ["version", "--format", "{{.Server.Version}}"]) if path else ""
    fix = "systemctl start docker" if path else "https://docs.docker.com/engine/install/"
    return Finding("docker", "images and compose", False, answer and f"daemon {answer}", fix)


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
    return (done.stdout.strip().splitlines() or [""])[0]
