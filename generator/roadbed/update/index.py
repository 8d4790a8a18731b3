"""Tell git which files are in conflict, so that `git status` and every editor show them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path, PurePosixPath

from roadbed.update.entries import Entry
from roadbed.update.git import attempt, git
from roadbed.update.plan import Change
from roadbed.update.project import Repository

Stages = list[str]


def stages_of(repository: Repository, root: Path, changes: Iterable[Change]) -> Stages:
    """Lines for git's index, one for each side of each conflict; the contents go into git.

    Files that git does not know have none: their conflict stands in the file alone.
    """
    prefix = PurePosixPath(root.relative_to(repository.top).as_posix())
    lines: Stages = []
    for change in changes:
        if change.sides is None or not _is_tracked(root, change.other or change.path):
            continue
        path = prefix / change.path
        for stage, side in enumerate(change.sides, start=1):
            if side is not None:
                lines.append(f"{_mode(side)} {_store(repository.top, path, side)} {stage}\t{path}")
    return lines


def mark(repository: Repository, lines: Stages) -> None:
    """Make the paths of those lines unmerged; may be done again."""
    if not lines:
        return
    zero = "0" * len(lines[0].split(" ")[1])
    cleared = [f"0 {zero}\t{path}" for path in paths_of(lines)]
    data = "".join(f"{line}\0" for line in [*cleared, *lines]).encode()
    git(repository.top, "update-index", "-z", "--index-info", stdin=data)


def unmark(repository: Repository, lines: Stages) -> None:
    """Make the index say of those paths what the last commit says."""
    if lines:
        git(repository.top, "reset", "--quiet", "--", *_literal(paths_of(lines)))


def settle(repository: Repository, lines: Stages) -> None:
    """Stage what stands in those paths that are still unmerged: people have resolved them."""
    paths = paths_of(lines)
    if not paths:
        return
    listed = git(repository.top, "ls-files", "--unmerged", "-z", "--", *_literal(paths))
    unmerged = {line.split("\t", 1)[1] for line in listed.decode().split("\0") if line}
    if unmerged:
        git(repository.top, "add", "--all", "--force", "--", *_literal(sorted(unmerged)))


def paths_of(lines: Stages) -> list[str]:
    """The paths of the lines, from the repository's top."""
    return list(dict.fromkeys(line.split("\t", 1)[1] for line in lines))


def _literal(paths: Sequence[str]) -> list[str]:
    return [f":(literal){path}" for path in paths]


def _is_tracked(root: Path, path: PurePosixPath) -> bool:
    found = attempt(root, "ls-files", "--error-unmatch", "--", f":(literal){path}")
    return found.returncode == 0


def _mode(entry: Entry) -> str:
    return "120000" if entry.link else "100755" if entry.executable else "100644"


def _store(top: Path, path: PurePosixPath, entry: Entry) -> str:
    # By its path, so that line ends and filters are what git would make of the file.
    words = ("hash-object", "-w", "--stdin", f"--path={path}")
    return git(top, *words, stdin=entry.data).decode().strip()
