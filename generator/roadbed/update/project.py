"""A project made from the template, by us or by plain Copier, and the repository it lies in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import yaml

from roadbed.answers_file import USUAL, answers_files
from roadbed.errors import ProjectError
from roadbed.update.git import attempt, git

_SHOWN = 3


@dataclass(frozen=True)
class Project:
    """`answers` are without Copier's own; `commit` and `url` say where the project came from.

    `answers_file` is where all that is recorded, relative to `root`.
    """

    root: Path
    answers: Mapping[str, Any]
    commit: str
    url: str
    answers_file: PurePosixPath = USUAL


@dataclass(frozen=True)
class Repository:
    """The git repository around a project: its working tree's top, and where git keeps its own."""

    top: Path
    git_dir: Path


def open_project(path: Path, answers_file: PurePosixPath | None = None) -> Project:
    """The project at `path`; looks for its answers file when none is named. Raises ProjectError."""
    root = path.resolve()
    if not root.is_dir():
        raise ProjectError(f"{path} is no folder: name the folder of a project")
    name = answers_file or _find_answers_file(root)
    file = root / name
    try:
        data = yaml.safe_load(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ProjectError(
            f"{root} holds no {name}: name the folder of a project that roadbed made"
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise ProjectError(
            f"{file} cannot be read: {getattr(error, 'strerror', None) or 'not UTF-8 text'}"
        ) from error
    except yaml.YAMLError:
        raise ProjectError(
            f"{file} is not valid YAML: restore it, for instance with git checkout {name}"
        ) from None
    if not isinstance(data, dict):
        raise ProjectError(f"{file} holds no answers: restore it from git's history")
    for key in ("_commit", "_src_path"):
        if not isinstance(data.get(key), str) or not data[key]:
            raise ProjectError(
                f"{file} does not record {key}, so nobody knows which version the project was "
                f"made from: write '{key}: …' into it and commit"
            )
    answers = {str(key): value for key, value in data.items() if not str(key).startswith("_")}
    return Project(root, answers, data["_commit"], data["_src_path"], name)


def _find_answers_file(root: Path) -> PurePosixPath:
    found = answers_files(root)
    if len(found) > 1:
        raise ProjectError(
            f"{root} was made from several templates: name this one's file, for instance "
            f"--answers-file {found[0]}"
        )
    return found[0] if found else USUAL


def open_repository(root: Path) -> Repository:
    """The repository around the project at `root`. Raises ProjectError when there is none."""
    if not root.is_dir():
        raise ProjectError(f"{root} is no folder: name the folder of a project")
    done = attempt(root, "rev-parse", "--show-toplevel", "--absolute-git-dir")
    if done.returncode:
        complaint = done.stderr.decode("utf-8", "replace")
        if "dubious ownership" in complaint:
            raise ProjectError(
                f"git does not trust {root}, which another user owns: run "
                f"git config --global --add safe.directory {root}"
            )
        raise ProjectError(
            f"{root} is in no git repository, so nothing could be taken back: run "
            "git init, git add --all and git commit there first"
        )
    top, git_dir = done.stdout.decode().splitlines()
    return Repository(Path(top), Path(git_dir))


def require_clean(project: Project) -> None:
    """Raises ProjectError when the project has changes, or files, that are not committed."""
    status = git(
        project.root, "status", "--porcelain=v1", "-z", "--untracked-files=all", "--no-renames",
        "--", ".",
    )  # fmt: skip
    names = [entry[3:] for entry in status.decode("utf-8", "replace").split("\0") if entry]
    if names:
        more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
        raise ProjectError(
            f"uncommitted changes in {', '.join(names[:_SHOWN])}{more}: commit or stash them first"
        )
    tracked = attempt(project.root, "ls-files", "--error-unmatch", "--", str(project.answers_file))
    if tracked.returncode:
        raise ProjectError(
            f"git does not know {project.answers_file}, so nothing could be taken back: commit the "
            "project first"
        )
