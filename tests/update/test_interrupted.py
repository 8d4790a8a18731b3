"""An update that is stopped, at any step it has: the project is as it was, or can be made so."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from roadbed.errors import CONFLICTS, OK, PROJECT, REPOSITORY, WRITING, ProjectError
from roadbed.update import run as updating
from roadbed.update import state
from roadbed.update.run import Proposal, Request
from tests.conftest import Outcome, run, tree
from tests.update.conftest import Make, commit, git
from tests.update.released import V1, V2, V3, V4

Roadbed = Callable[..., Outcome]
# Everything that changes a disk's folders, under the names the standard library calls.
STEPS = ("mkdir", "rename", "replace", "rmdir", "symlink", "unlink")
# A plain run stops at every third step; with ROADBED_EXAMPLES set, at every one.
STRIDE = 1 if "ROADBED_EXAMPLES" in os.environ else 3


@pytest.fixture
def edited(make: Make) -> Path:
    """A project with a conflict, an edit set aside, a binary in the way and an own folder."""
    project = make(V1)
    for name, old in (("main.py", "main 3\n"), ("gone.py", "gone 3\n"), ("topic", "topic 3\n")):
        file = project / name
        file.write_text(file.read_text().replace(old, "precious\n"))
    (project / "logo.bin").write_bytes(b"\0our logo")
    commit(project)
    return project


def proposal_of(project: Path, to: str = V3) -> Proposal:
    return updating.propose(Request(project, to=to))


def restored(project: Path, kept: Path) -> None:
    shutil.rmtree(project)
    run("cp", "-a", kept, project, cwd=kept.parent)


def apply_in_a_child(proposal: Proposal, stop: Callable[[int], None]) -> int:
    """Apply in a process of its own; `stop` is called with a number before each step."""
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    code = 99
    try:
        steps = iter(range(10**6))
        for name in STEPS:
            setattr(os, name, counted(getattr(os, name), steps, stop))
        code = updating.apply(proposal)
    except BaseException as error:
        code = getattr(error, "exit_code", 98)
    finally:
        os._exit(code)


def counted(real: Any, steps: Iterator[int], stop: Callable[[int], None]) -> Any:
    def call(*arguments: Any, **options: Any) -> Any:
        stop(next(steps))
        return real(*arguments, **options)

    return call


def test_killed_at_any_step(edited: Path, tmp_path: Path) -> None:
    """SIGKILL: afterwards both --abort and --continue bring the project to a known state."""
    kept, before = tmp_path / "kept", tree(edited)
    shutil.copytree(edited, kept, symlinks=True)
    proposal = proposal_of(edited)
    assert updating.apply(proposal) == CONFLICTS
    after = tree(edited)
    seen: set[str] = set()
    for step in range(0, 10**6, STRIDE):
        restored(edited, kept)
        code = apply_in_a_child(proposal, partial(kill, step))
        if code != -signal.SIGKILL:
            assert code == CONFLICTS
            break
        seen.add(check_both_ways_out(edited, proposal, before, after, tmp_path / "copy"))
    assert step > 40
    assert seen == {"untouched", "under way"}


def check_both_ways_out(
    project: Path, proposal: Proposal, before: object, after: object, copy: Path
) -> str:
    pending = state.find_pending(project, proposal.repository)
    if pending is None:
        assert tree(project) == before
        assert git(project, "status", "--porcelain") == ""
        # What was prepared is swept away by the next run.
        with state.alone(project, proposal.repository):
            pass
        assert not list(proposal.repository.git_dir.glob("roadbed/*/preparing-*"))
        return "untouched"
    shutil.copytree(project, copy, symlinks=True)
    with pytest.raises(ProjectError, match="under way"):
        proposal_of(project)
    assert pending.finish()
    assert tree(project) == after
    assert git(project, "ls-files", "-u") != ""
    shutil.rmtree(project)
    copy.rename(project)
    pending = state.find_pending(project, proposal.repository)
    assert pending is not None
    pending.abort()
    assert tree(project) == before
    assert git(project, "status", "--porcelain") == ""
    assert state.find_pending(project, proposal.repository) is None
    return "under way"


def test_an_abort_that_is_killed_can_be_repeated(edited: Path, tmp_path: Path) -> None:
    before = tree(edited)
    proposal = proposal_of(edited)
    assert updating.apply(proposal) == CONFLICTS
    kept = tmp_path / "kept"
    shutil.copytree(edited, kept, symlinks=True)
    for step in range(0, 10**6, STRIDE):
        restored(edited, kept)
        child = os.fork()
        if not child:
            steps = iter(range(10**6))
            for name in STEPS:
                setattr(os, name, counted(getattr(os, name), steps, partial(kill, step)))
            pending = state.find_pending(edited, proposal.repository)
            assert pending is not None
            pending.abort()
            os._exit(0)
        ended = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        again = state.find_pending(edited, proposal.repository)
        if again is not None:
            again.abort()
        assert tree(edited) == before
        assert git(edited, "status", "--porcelain") == ""
        if ended == 0:
            break
    assert step > 20


def test_a_failure_at_any_step_leaves_the_project_as_it_was(edited: Path, tmp_path: Path) -> None:
    """The disk says no, once: everything is put back without anybody's help."""
    kept, before = tmp_path / "kept", tree(edited)
    shutil.copytree(edited, kept, symlinks=True)
    proposal = proposal_of(edited)

    counter = tmp_path / "steps"
    assert apply_in_a_child(proposal, lambda at: write_number(counter, at)) == CONFLICTS
    after, total = tree(edited), int(counter.read_text()) + 1
    refused = 0
    for step in range(0, total, STRIDE):
        restored(edited, kept)
        code = apply_in_a_child(proposal, partial(fail, step))
        # What only tidies up may fail without harm.
        assert (code, tree(edited)) in [(WRITING, before), (CONFLICTS, after)]
        if code == WRITING:
            refused += 1
            assert git(edited, "status", "--porcelain") == ""
            assert state.find_pending(edited, proposal.repository) is None
    assert refused > 30 / STRIDE


def kill(step: int, at: int) -> None:
    if at == step:
        os.kill(os.getpid(), signal.SIGKILL)


def fail(step: int, at: int) -> None:
    if at == step:
        raise OSError(28, "No space left on device")


def write_number(file: Path, number: int) -> None:
    with open(file, "w") as stream:
        stream.write(str(number))


def test_a_file_that_changes_meanwhile_is_not_overwritten(edited: Path) -> None:
    proposal = proposal_of(edited)
    # git is told not to look, as an editor that saves in the last moment would have it.
    git(edited, "update-index", "--assume-unchanged", "windows.txt")
    (edited / "windows.txt").write_text("saved in the last moment\n")
    before = tree(edited)
    with pytest.raises(ProjectError, match=r"windows\.txt changed while"):
        updating.apply(proposal)
    assert tree(edited) == before
    assert state.find_pending(edited, proposal.repository) is None


def test_two_at_once(edited: Path) -> None:
    proposal = proposal_of(edited)
    with (
        state.alone(edited, proposal.repository),
        pytest.raises(ProjectError, match="another roadbed"),
    ):
        updating.apply(proposal)


def test_the_command_line_after_a_kill(edited: Path, roadbed: Roadbed) -> None:
    before = tree(edited)
    script = (
        "import os, sys, roadbed.update.index as i, roadbed.cli as c\n"
        "i.mark = lambda *_: os.kill(os.getpid(), 9)\n"
        "sys.exit(c.main(sys.argv[1:]))\n"
    )
    words = [sys.executable, "-c", script, "update", str(edited), "--yes"]
    assert subprocess.run(words, capture_output=True, check=False).returncode == -9
    assert tree(edited) != before
    refused = roadbed("update", edited, "--yes")
    assert (refused.code, len(refused.err.splitlines())) == (PROJECT, 1)
    assert roadbed("update", edited, "--continue").code == CONFLICTS
    assert "UU main.py" in git(edited, "status", "--porcelain")
    assert roadbed("update", edited, "--abort").code == OK
    assert tree(edited) == before


def test_a_termination_puts_everything_back(edited: Path) -> None:
    before = tree(edited)
    script = (
        "import os, sys, signal, roadbed.update.index as i, roadbed.cli as c\n"
        "i.mark = lambda *_: os.kill(os.getpid(), signal.SIGTERM)\n"
        "sys.exit(c.main(sys.argv[1:]))\n"
    )
    words = [sys.executable, "-c", script, "update", str(edited), "--yes"]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert (done.returncode, len(done.stderr.splitlines())) == (130, 1)
    assert tree(edited) == before
    assert git(edited, "status", "--porcelain") == ""


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A real disk of 4 MiB. Fails, never skips, where it cannot be mounted."""
    folder = tmp_path / "disk"
    folder.mkdir()
    sudo = [] if os.geteuid() == 0 else ["sudo", "-n"]
    mount = ["mount", "-t", "tmpfs", "-o", "size=4m,mode=777", "tmpfs", str(folder)]
    done = subprocess.run([*sudo, *mount], capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"a tmpfs is needed (root, or sudo): {done.stderr}"
    yield folder
    subprocess.run([*sudo, "umount", str(folder)], check=True)


@pytest.mark.parametrize("pages", [0, 2, 6, 12])
def test_a_full_disk(pages: int, disk: Path, make: Make, roadbed: Roadbed) -> None:
    project = make(V1, disk / "project")
    (project / "main.py").write_text("precious\n")
    commit(project)
    before = tree(project)
    fill(disk, leave=pages * os.sysconf("SC_PAGE_SIZE"))
    outcome = roadbed("update", project, "--yes")
    assert outcome.code in {WRITING, REPOSITORY}, outcome
    assert len(outcome.err.splitlines()) == 1
    (disk / "filler").unlink()
    assert tree(project) == before
    assert git(project, "status", "--porcelain") == ""
    assert roadbed("update", project, "--yes").code == CONFLICTS


def fill(disk: Path, *, leave: int) -> None:
    free = os.statvfs(disk)
    with open(disk / "filler", "wb") as file:
        os.posix_fallocate(file.fileno(), 0, free.f_bavail * free.f_frsize - leave)


def test_git_on_another_disk(disk: Path, make: Make, roadbed: Roadbed) -> None:
    project = make(V1)
    shutil.move(project / ".git", disk / "git")
    (project / ".git").write_text(f"gitdir: {disk / 'git'}\n")
    (project / "main.py").write_text("precious\n")
    (project / "bin/tool").unlink()
    (project / "bin/tool").symlink_to("../main.py")
    commit(project)
    before = tree(project)
    assert roadbed("update", project, "--yes").code == CONFLICTS
    assert (project / "topic/index.txt").is_file()
    assert roadbed("update", project, "--abort").code == OK
    assert tree(project) == before
    assert git(project, "status", "--porcelain") == ""
    assert not list(project.rglob("*roadbed-part"))


def test_in_a_linked_working_tree(make: Make, roadbed: Roadbed, tmp_path: Path) -> None:
    project = make(V1)
    other = tmp_path / "linked"
    git(project, "worktree", "add", "-q", str(other))
    assert roadbed("update", other, "--to", V2, "--yes").code == OK
    assert git(project, "status", "--porcelain") == ""
    assert f"_commit: {V4}" not in (other / ".copier-answers.yml").read_text()
