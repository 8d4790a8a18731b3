"""Fixtures of the generator's own tests: a template to render, and the CLI in process."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from roadbed import source as sources
from roadbed.cli import main
from roadbed.source import TemplateSource
from tests.template.upcoming import offer_upcoming

ROOT = Path(__file__).resolve().parents[1]
# Where a failed test keeps the project it made, each in a folder of its own.
KEPT = ROOT / ".test-output"
IDENTITY = {
    "GIT_AUTHOR_NAME": "Test",
    "GIT_AUTHOR_EMAIL": "test@example.com",
    "GIT_COMMITTER_NAME": "Test",
    "GIT_COMMITTER_EMAIL": "test@example.com",
}
TAG = "v0.1.0"


def run(*command: str | Path, cwd: Path, **environment: str) -> str:
    """Run a command that must succeed; its own output is the message when it does not."""
    done = subprocess.run(
        [str(word) for word in command],
        cwd=cwd,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        pytest.fail(f"{command} in {cwd} exited {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


@pytest.fixture(scope="session")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clean git checkout of the template as it stands now, tagged as a release."""
    folder = tmp_path_factory.mktemp("template") / "checkout"
    current = sources.open_source(ROOT)
    for name in ("copier.yml", *(f"template/{name}" for name in current.files)):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, folder / name)
    run("git", "init", "-q", "-b", "main", cwd=folder)
    run("git", "add", "--all", cwd=folder)
    run("git", "commit", "-q", "--no-verify", "-m", "Snapshot", cwd=folder, **IDENTITY)
    run("git", "tag", TAG, cwd=folder)
    return folder


@pytest.fixture(scope="session")
def source(snapshot: Path) -> TemplateSource:
    return sources.open_source(snapshot)


@pytest.fixture(scope="session")
def widened(snapshot: Path, tmp_path_factory: pytest.TempPathFactory) -> TemplateSource:
    """The template as it will be once it offers everything that it renders already."""
    folder = tmp_path_factory.mktemp("widened") / "checkout"
    shutil.copytree(snapshot, folder, ignore=shutil.ignore_patterns(".git"))
    offer_upcoming(folder)
    return sources.open_source(folder)


@dataclass(frozen=True)
class Outcome:
    """What a command did. `err` has one line per fault."""

    code: int
    out: str
    err: str


Roadbed = Callable[..., Outcome]


@pytest.fixture
def roadbed(
    source: TemplateSource,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> Roadbed:
    """The command line in process, in an empty folder, over the clean template."""
    home = tmp_path / "cwd"
    home.mkdir()
    monkeypatch.chdir(home)
    monkeypatch.setattr("roadbed.steps.find_source", lambda: source)
    for name, value in IDENTITY.items():
        monkeypatch.setenv(name, value)

    def call(*words: str | Path) -> Outcome:
        capfd.readouterr()
        try:
            code = main([str(word) for word in words])
        except SystemExit as stop:  # argparse's --help and --version
            code = int(stop.code or 0)
        captured = capfd.readouterr()
        return Outcome(code, captured.out, captured.err)

    return call


def tree(folder: Path) -> dict[str, tuple[bytes, int]]:
    """Every file below `folder` but git's own: its bytes and its mode."""
    return {
        path.relative_to(folder).as_posix(): (path.read_bytes(), path.stat().st_mode & 0o777)
        for path in sorted(folder.rglob("*"))
        if path.is_file() and ".git" not in path.relative_to(folder).parts
    }


@pytest.fixture(scope="session")
def default_project(source: TemplateSource, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The default answers' project. Read it, do not change it."""
    from roadbed.answers import check
    from roadbed.questions import load_questions
    from roadbed.render import render

    folder = tmp_path_factory.mktemp("default") / "my-service"
    answers = check({}, source, load_questions(source.questions_file)).answers
    render(source, folder, answers)
    return folder


EVERYTHING = {"CI", "ALL", "ROADBED_UPDATES", "ROADBED_REPLAY"}


def pytest_report_header() -> str | None:
    """Says what is left out: the closing line of several processes does not."""
    if EVERYTHING & set(os.environ):
        return None
    return "left to continuous integration and ALL=1: tests marked ci"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what is continuous integration's; then the longest files first.

    So no process is left alone with a long one at the end.
    """
    if not EVERYTHING & set(os.environ):
        left_out = [item for item in items if item.get_closest_marker("ci")]
        items[:] = [item for item in items if item not in left_out]
        config.hook.pytest_deselected(items=left_out)
    longest = ("test_variants.py", "test_replay.py", "test_projects.py")
    items.sort(key=lambda item: longest.index(item.path.name) if item.path.name in longest else 3)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """In continuous integration nothing may be skipped: a skip fails the run."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if reporter is None:
        return
    skipped = reporter.stats.get("skipped", [])
    if os.environ.get("CI") == "true" and skipped:
        reporter.write_line(f"CI=true: {len(skipped)} skipped tests fail the run", red=True)
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
