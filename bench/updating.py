"""(d) What `roadbed update` costs beside `copier update`, of the same project with the same edits.

Both go from the release before to this one, read the same repository by the same address, and end
with the team's edits in the files.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from bench.faults import BenchError
from bench.process import Cost, run_to_end
from bench.report import Row, Table
from roadbed.source import open_source

GOAL = 1.0
ADDRESS = "https://git.example.test/bench/roadbed.git"
BEFORE, NOW = "v0.0.1", "v0.0.2"
EDITED = (".editorconfig", "Makefile", "openapi.yaml")
EDIT = b"# an edit of the team's\n"


def measure(rounds: int) -> Table:
    """Both in turns, `rounds` times each; every run on a new copy of the project."""
    scripts = Path(sys.executable).parent
    ours: list[Cost] = []
    theirs: list[Cost] = []
    with tempfile.TemporaryDirectory(prefix="roadbed-bench-") as name:
        scratch = Path(name)
        env = _environment(scratch)
        _release(scratch / "template", env)
        original = scratch / "original"
        copy = [str(scripts / "copier"), "copy", "--quiet", "--defaults", "--vcs-ref", BEFORE]
        run_to_end([*copy, ADDRESS, str(original)], scratch, env)
        for file in EDITED:
            (original / file).write_bytes(EDIT + (original / file).read_bytes())
        _git(original, env, "init", "-q")
        _commit(original, env)
        ways = (
            ([str(scripts / "copier"), "update", "--quiet", "--defaults"], theirs),
            ([str(scripts / "roadbed"), "update", "--yes"], ours),
        )
        for turn in range(rounds + 1):
            for command, costs in ways:
                project = scratch / "project"
                subprocess.run(["cp", "-a", str(original), str(project)], check=True)
                cost = run_to_end(command, project, env)
                _require_updated(project, command[0])
                shutil.rmtree(project)
                if turn:  # the first of each warms the caches
                    costs.append(cost)
    return Table(
        "update",
        f"roadbed update  against  copier update of a project with {len(EDITED)} edited files",
        ("roadbed update", "copier update"),
        [
            Row.ratio("CPU s", [run.cpu for run in ours], [run.cpu for run in theirs], most=GOAL),
            Row.ratio("wall s", [run.wall for run in ours], [run.wall for run in theirs]),
        ],
    )


def _environment(scratch: Path) -> dict[str, str]:
    return {
        **os.environ,
        "NO_COLOR": "1",
        "COPIER_CACHE_DIR": str(scratch / "cache"),
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": f"url.{scratch / 'template'}.insteadOf",
        "GIT_CONFIG_VALUE_0": ADDRESS,
    }


def _release(folder: Path, env: dict[str, str]) -> None:
    """The template as it stands, after a release in which every tenth file was another."""
    source = open_source(Path(__file__).resolve().parents[1])
    names = ("copier.yml", *(f"template/{name}" for name in source.files))
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(source.root / name, folder / name)
    _git(folder, env, "init", "-q")
    changed = [folder / name for name in names if name.endswith((".py", ".toml"))][::10]
    for file in changed:
        file.write_bytes(file.read_bytes() + b"\n# older\n")
    _commit(folder, env, BEFORE)
    for file in changed:
        file.write_bytes(file.read_bytes().removesuffix(b"\n# older\n"))
    _commit(folder, env, NOW)


def _commit(folder: Path, env: dict[str, str], tag: str | None = None) -> None:
    _git(folder, env, "add", "--all")
    identity = ("-c", "user.name=bench", "-c", "user.email=bench@localhost")
    _git(folder, env, *identity, "commit", "-q", "--no-verify", "--no-gpg-sign", "-m", "bench")
    if tag:
        _git(folder, env, "tag", tag)


def _git(folder: Path, env: dict[str, str], *words: str) -> None:
    run_to_end(["git", *words], folder, env)


def _require_updated(project: Path, program: str) -> None:
    """A figure of an update that did less than all of it means nothing."""
    kept = all((project / file).read_bytes().startswith(EDIT) for file in EDITED)
    if not kept or NOW not in (project / ".copier-answers.yml").read_text("utf-8"):
        raise BenchError(f"{program} update did not do its work in {project}")
