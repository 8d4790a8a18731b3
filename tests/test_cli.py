"""The command line: each fault is one line with its own exit code, and leaves nothing behind."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from roadbed import __version__, errors
from tests.conftest import ROOT, Outcome, Roadbed, tree

REFUSED: list[tuple[list[str], int, str]] = [
    (["new", "x", "--set", "framework=fastapy"], errors.ANSWERS, "did you mean 'fastapi'"),
    (["new", "x", "--set", "nope=1"], errors.ANSWERS, "no such question"),
    (["new", "x", "--set", "layer_jwt=."], errors.ANSWERS, "cannot be set"),
    (["new", "x", "--set", "project_slug=../x"], errors.ANSWERS, "kebab-case"),
    (["new", "x", "--set", "project_slug=con"], errors.ANSWERS, "reserved"),
    (["new", "x", "--set", "project_slug=-rf"], errors.ANSWERS, "kebab-case"),
    (["new", "x", "--set", "project_slug=" + "a" * 300], errors.ANSWERS, "at most 63"),
    (["new", "x", "--set", "project_slug=žluť"], errors.ANSWERS, "kebab-case"),
    (["new", "x", "--set", "project_name="], errors.ANSWERS, "empty"),
    (["new", "x", "--set", "novalue"], errors.ANSWERS, "KEY=VALUE"),
    (["new", "x", "--answers", "missing.yml"], errors.ANSWERS, "cannot be read"),
    (["new", "../x"], errors.DESTINATION, "'..'"),
    (["new", "con"], errors.DESTINATION, "Windows"),
    (["new", "--", "-rf"], errors.DESTINATION, "option"),
    (["new", "a" * 300], errors.DESTINATION, "at most 255"),
    (["new", "/proc/x"], errors.DESTINATION, "choose another"),
    (["new", "-rf"], errors.USAGE, "unrecognized"),
    (["new", "x", "--bogus"], errors.USAGE, "unrecognized"),
    (["bogus"], errors.USAGE, "invalid choice"),
    ([], errors.USAGE, "required"),
]


@pytest.mark.parametrize(("words", "code", "reason"), REFUSED)
def test_a_fault_is_one_line_with_its_own_code(
    words: list[str], code: int, reason: str, roadbed: Roadbed, tmp_path: Path
) -> None:
    outcome = roadbed(*words)
    assert outcome.code == code
    assert reason in outcome.err
    assert len(outcome.err.splitlines()) == 1
    assert outcome.err.startswith("roadbed: ")
    assert "Traceback" not in outcome.err
    assert outcome.out == ""
    assert list((tmp_path / "cwd").iterdir()) == []


def test_all_answers_faults_come_together(roadbed: Roadbed) -> None:
    words = ["--set", "a=1", "--set", "auth=x", "--set", "queue=y", "--set", "project_slug=Z"]
    outcome = roadbed("new", "x", *words)
    assert outcome.code == errors.ANSWERS
    assert len(outcome.err.splitlines()) == 4


def test_every_exit_code_is_documented(roadbed: Roadbed) -> None:
    outcome = roadbed("--help")
    assert outcome.code == 0
    for code, meaning in errors.EXIT_CODES.items():
        assert f"{code:>3}  {meaning}" in outcome.out
    codes = {kind.exit_code for kind in errors.RoadbedError.__subclasses__()}
    assert codes < set(errors.EXIT_CODES)
    assert len(codes) == len(errors.RoadbedError.__subclasses__())


def test_version(roadbed: Roadbed) -> None:
    assert roadbed("--version").out == f"roadbed {__version__}\n"


def test_without_a_terminal_nothing_prompts_and_output_is_plain(
    roadbed: Roadbed, tmp_path: Path
) -> None:
    outcome = roadbed("new")
    assert outcome.code == 0
    assert "\x1b" not in outcome.out + outcome.err
    assert (tmp_path / "cwd/my-service/.git").is_dir()


def test_new_commits_everything_once(roadbed: Roadbed, tmp_path: Path) -> None:
    assert roadbed("new", "shop", "--defaults").code == 0
    project = tmp_path / "cwd/shop"
    assert git(project, "status", "--porcelain") == ""
    assert git(project, "log", "--format=%s") == "Create My Service with roadbed\n"
    assert len(git(project, "ls-files").splitlines()) == len(tree(project))


def test_no_git(roadbed: Roadbed, tmp_path: Path) -> None:
    assert roadbed("new", "shop", "--defaults", "--no-git").code == 0
    assert not (tmp_path / "cwd/shop/.git").exists()


def test_new_into_an_empty_folder_and_into_here(roadbed: Roadbed, tmp_path: Path) -> None:
    (tmp_path / "cwd/empty").mkdir()
    assert roadbed("new", "empty", "--defaults").code == 0
    os.chdir(tmp_path / "cwd/empty")
    outcome = roadbed("new", ".", "--defaults")
    assert outcome.code == errors.DESTINATION
    (tmp_path / "cwd/here").mkdir()
    os.chdir(tmp_path / "cwd/here")
    assert roadbed("new", ".", "--defaults").code == 0
    assert Path("openapi.yaml").exists()


def test_dry_run_writes_nothing_and_names_what_would_be(roadbed: Roadbed, tmp_path: Path) -> None:
    outcome = roadbed("new", "shop", "--defaults", "--dry-run")
    assert outcome.code == 0
    assert "openapi.yaml" in outcome.out
    assert list((tmp_path / "cwd").iterdir()) == []
    written = json.loads(roadbed("new", "shop", "--json").out)
    assert f"{len(written['files'])} files would be written" in outcome.out


def test_json_is_all_there_is_on_stdout(roadbed: Roadbed, tmp_path: Path) -> None:
    dry = json.loads(roadbed("new", "shop", "--json", "--dry-run").out)
    assert (dry["written"], (tmp_path / "cwd/shop").exists()) == (False, False)
    result = json.loads(roadbed("new", "shop", "--json").out)
    assert result["written"] is True
    assert result["project"] == str(tmp_path / "cwd/shop")
    assert set(result["files"]) == set(tree(tmp_path / "cwd/shop")) == set(dry["files"])
    assert result["answers"]["framework"] == "fastapi"


def test_the_reproducing_command_makes_the_same_tree(roadbed: Roadbed, tmp_path: Path) -> None:
    import shlex

    words = ["--set", 'project_name=It\'s "1" $HOME', "--set", "project_description=é `x`"]
    command = json.loads(roadbed("new", "one", "--json", *words).out)["command"]
    program, *again = shlex.split(command)
    assert program == "roadbed"
    assert again[1] == "one"
    again[1] = "two"
    assert roadbed(*again).code == 0
    assert tree(tmp_path / "cwd/one") == tree(tmp_path / "cwd/two")


def test_a_projects_answers_file_makes_it_again(roadbed: Roadbed, tmp_path: Path) -> None:
    assert roadbed("new", "one", "--set", "project_name=Shop").code == 0
    answers = tmp_path / "cwd/one/.copier-answers.yml"
    assert roadbed("new", "two", "--answers", answers).code == 0
    assert tree(tmp_path / "cwd/one") == tree(tmp_path / "cwd/two")


def test_no_git_installed(
    roadbed: Roadbed, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))
    outcome = roadbed("new", "x", "--defaults")
    assert outcome.code == errors.REPOSITORY
    assert outcome.err == "roadbed: git is not installed: install it, or add --no-git\n"
    assert not (tmp_path / "cwd/x").exists()
    assert roadbed("new", "x", "--defaults", "--no-git").code == 0


def test_a_failing_git_leaves_nothing(
    roadbed: Roadbed, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    broken = tmp_path / "bin/git"
    broken.parent.mkdir()
    broken.write_text("#!/bin/sh\necho 'fatal: broken' >&2\nexit 128\n")
    broken.chmod(0o755)
    monkeypatch.setenv("PATH", str(broken.parent), prepend=os.pathsep)
    outcome = roadbed("new", "x", "--defaults")
    assert outcome.code == errors.REPOSITORY
    assert "git init failed: fatal: broken" in outcome.err
    assert list((tmp_path / "cwd").iterdir()) == []


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A real disk of 64 KiB. Fails, never skips, where it cannot be mounted."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(folder)]
    sudo = [] if os.geteuid() == 0 else ["sudo", "-n"]
    done = subprocess.run([*sudo, *mount], capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"a tmpfs is needed (root, or sudo): {done.stderr}"
    if os.geteuid():
        subprocess.run([*sudo, "chmod", "777", str(folder)], check=True)
    yield folder
    os.chdir("/")
    subprocess.run([*sudo, "umount", str(folder)], check=True)


@pytest.mark.parametrize("name", ["shop", "a/b/shop"])
def test_a_full_disk_leaves_nothing(name: str, roadbed: Roadbed, small_disk: Path) -> None:
    outcome = roadbed("new", small_disk / name, "--defaults")
    assert outcome.code == errors.WRITING
    assert "disk is full" in outcome.err
    assert len(outcome.err.splitlines()) == 1
    assert list(small_disk.iterdir()) == []


def test_a_disk_that_fills_during_the_commit_leaves_nothing(
    roadbed: Roadbed, small_disk: Path, default_project: Path
) -> None:
    """Room for the files and their folders, not for git's copy of them."""
    entries = list(default_project.rglob("*"))
    blocks = sum(entry.stat().st_size // 4096 + 1 for entry in entries if entry.is_file())
    sudo = [] if os.geteuid() == 0 else ["sudo", "-n"]
    size = f"remount,size={(blocks + 20) * 4}k"
    subprocess.run([*sudo, "mount", "-o", size, str(small_disk)], check=True)
    outcome = roadbed("new", small_disk / "shop", "--defaults")
    assert outcome.code == errors.REPOSITORY
    assert "No space left" in outcome.err
    assert len(outcome.err.splitlines()) == 1
    assert list(small_disk.iterdir()) == []


def test_not_writable(tmp_path: Path) -> None:
    """As somebody who is not root: root may write anywhere."""
    outcome = as_nobody("new", "/usr/share/shop", "--defaults", home=tmp_path)
    assert outcome.code == errors.DESTINATION
    assert "/usr/share is not writable" in outcome.err
    assert len(outcome.err.splitlines()) == 1


def as_nobody(*words: str, home: Path) -> Outcome:
    drop = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
    command = [sys.executable, "-m", "roadbed", *words]
    done = subprocess.run(
        [*(drop if os.geteuid() == 0 else []), *command],
        env={
            "PATH": os.environ["PATH"],
            "PYTHONPATH": f"{ROOT}/generator",
            "PYTHONDONTWRITEBYTECODE": "1",
            "HOME": str(home),
        },
        cwd="/",
        capture_output=True,
        text=True,
        check=False,
    )
    return Outcome(done.returncode, done.stdout, done.stderr)


def test_a_termination_cleans_up_like_an_interruption(tmp_path: Path) -> None:
    """SIGTERM while the files are being written: nothing is left."""
    script = (
        "import os, signal, sys, roadbed.steps as s, roadbed.cli as c\n"
        "def stop(folder, message):\n"
        "    assert any(folder.iterdir())\n"
        "    os.kill(os.getpid(), signal.SIGTERM)\n"
        "s.create_repository = stop\n"
        "sys.exit(c.main(sys.argv[1:]))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, "new", "shop", "--defaults"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == errors.INTERRUPTED
    assert done.stderr.splitlines()[-1] == "roadbed: interrupted: nothing was left behind"
    assert list(tmp_path.iterdir()) == []


def test_a_fault_of_ours_is_one_line_too(roadbed: Roadbed, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("first\nsecond")

    monkeypatch.setattr("roadbed.steps.find_source", broken)
    outcome = roadbed("new", "x", "--defaults")
    assert outcome.code == errors.UNEXPECTED
    assert outcome.err.startswith("roadbed: unexpected RuntimeError: first second")
    assert len(outcome.err.splitlines()) == 1


def test_a_closed_pipe_is_no_fault() -> None:
    command = f"{sys.executable} -m roadbed options | head -1"
    done = subprocess.run(command, shell=True, capture_output=True, text=True, check=False)
    assert done.stderr == ""


def git(project: Path, *words: str) -> str:
    return subprocess.run(
        ["git", *words], cwd=project, check=True, capture_output=True, text=True
    ).stdout
