"""Projects made from a small template with several released versions."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from copier import run_copy
from plumbum import local

from roadbed.cli import main
from tests.conftest import IDENTITY, Outcome, run
from tests.update.released import URL, release_all

COPIER = Path(sys.executable).with_name("copier")


@pytest.fixture(scope="session")
def released(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return release_all(tmp_path_factory.mktemp("released") / "fixture")


@pytest.fixture(scope="session")
def reach(released: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Environment in which git finds the fixture's address on this disk, and nothing else."""
    return {
        **IDENTITY,
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": f"url.{released}.insteadOf",
        "GIT_CONFIG_VALUE_0": URL,
        "GIT_ALLOW_PROTOCOL": "file",
        "COPIER_CACHE_DIR": str(tmp_path_factory.mktemp("copier-cache")),
    }


@pytest.fixture(autouse=True)
def _in_reach(reach: Mapping[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in reach.items():
        monkeypatch.setenv(name, value)


@dataclass(frozen=True)
class Maker:
    """Makes projects of any version with plain Copier, and keeps one of each to copy from."""

    home: Path
    environment: Mapping[str, str]

    def fresh(self, version: str, **answers: str) -> Path:
        """An untouched project of that version. Read it, do not change it."""
        name = "-".join([version, *(f"{key}={value}" for key, value in sorted(answers.items()))])
        folder = self.home / name
        if not folder.exists():
            # In process: its start takes longer than its work. Its git reads plumbum's environment.
            with local.env(**self.environment):
                run_copy(URL, folder, data=answers, defaults=True, quiet=True, vcs_ref=version)
        return folder

    def committed(self, folder: Path, version: str, **answers: str) -> Path:
        """The same at `folder`, a repository with everything in one commit."""
        folder.parent.mkdir(parents=True, exist_ok=True)
        run("cp", "-a", self.fresh(version, **answers), folder, cwd=self.home)
        run("git", "init", "-q", "-b", "main", cwd=folder)
        commit(folder)
        return folder


@pytest.fixture(scope="session")
def maker(reach: Mapping[str, str], tmp_path_factory: pytest.TempPathFactory) -> Maker:
    return Maker(tmp_path_factory.mktemp("fresh"), reach)


Make = Callable[..., Path]


@pytest.fixture
def make(maker: Maker, tmp_path: Path) -> Make:
    """A committed project of a version: make(V1, colour="blue")."""

    def call(version: str, folder: Path | None = None, **answers: str) -> Path:
        return maker.committed(folder or tmp_path / "project", version, **answers)

    return call


@pytest.fixture
def roadbed(capfd: pytest.CaptureFixture[str]) -> Callable[..., Outcome]:
    """The command line in process."""

    def call(*words: str | Path) -> Outcome:
        capfd.readouterr()
        try:
            code = main([str(word) for word in words])
        except SystemExit as stop:
            code = int(stop.code or 0)
        captured = capfd.readouterr()
        return Outcome(code, captured.out, captured.err)

    return call


def commit(folder: Path, message: str = "work") -> None:
    """Commit everything, without the user's hooks, so that only the tree counts."""
    run("git", "add", "--all", cwd=folder)
    run(
        "git", "commit", "-q", "--no-verify", "--allow-empty", "-m", message, cwd=folder, **IDENTITY
    )


def git(folder: Path, *words: str) -> str:
    return run("git", *words, cwd=folder)


def plain_copier(project: Path, *words: str, version: str, reach: Mapping[str, str]) -> None:
    """`copier update` as somebody does who does not use roadbed."""
    done = subprocess.run(
        [COPIER, "update", "--defaults", "--quiet", "--vcs-ref", version, *words],
        cwd=project, env={**os.environ, **reach}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
