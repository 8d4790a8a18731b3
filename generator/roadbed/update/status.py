"""`roadbed status`: where a project stands against its template."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from roadbed.errors import ProjectError
from roadbed.terminal import Terminal
from roadbed.update import state
from roadbed.update.carry import carry
from roadbed.update.entries import look, read_tree
from roadbed.update.git import without_credentials
from roadbed.update.history import open_history
from roadbed.update.project import Project, open_project, open_repository
from roadbed.update.run import refuse_pending


@dataclass(frozen=True)
class Status:
    """`equal`, `edited` and `removed` are the files of the project's own version of the template.

    `behind` names the releases since then, oldest first; `pending` the version of an update that
    is under way.
    """

    root: Path
    version: str
    newest: str
    behind: tuple[str, ...]
    source: str
    answers: Mapping[str, Any]
    equal: tuple[str, ...]
    edited: tuple[str, ...]
    removed: tuple[str, ...]
    pending: str | None


def examine(path: Path, answers_file: PurePosixPath | None = None) -> Status:
    """Compare the project with the version it was made from. Raises RoadbedError."""
    from roadbed.render import render

    project = _open(path.resolve(), answers_file)
    with (
        open_history(project.url) as history,
        tempfile.TemporaryDirectory(prefix="roadbed-status-") as scratch,
    ):
        current = history.recorded(project.commit)
        newest = history.newest(current)
        is_behind = history.is_newer(newest, current)
        behind = [release.name for release in history.between(current, newest)]
        source = history.extract(current, Path(scratch) / "template")
        answers = carry(project.answers, {}, source, source).before
        folder = Path(scratch) / "project"
        rendered = render(source, folder, answers, answers_file=project.answers_file)
        base = read_tree(folder, rendered.files)
    found: dict[str, list[str]] = {"equal": [], "edited": [], "removed": []}
    for name, entry in base.items():
        found[_compare(project.root, name, entry)].append(name.as_posix())
    return Status(
        root=project.root,
        version=current.name,
        newest=newest.name if is_behind else current.name,
        behind=tuple(behind or ([newest.name] if is_behind else [])),
        source=without_credentials(project.url),
        answers=answers,
        equal=tuple(found["equal"]),
        edited=tuple(found["edited"]),
        removed=tuple(found["removed"]),
        pending=_pending(project),
    )


def _open(root: Path, answers_file: PurePosixPath | None) -> Project:
    try:
        return open_project(root, answers_file)
    except ProjectError:
        # An update that was cut short explains more than what it left.
        refuse_pending(root)
        raise


def _compare(root: Path, path: PurePosixPath, entry: object) -> str:
    ours = look(root, path)
    if ours is None:
        return "removed"
    return "equal" if ours == entry else "edited"


def _pending(project: Project) -> str | None:
    try:
        repository = open_repository(project.root)
    except ProjectError:
        return None
    pending = state.find_pending(project.root, repository)
    return pending.target if pending else None


def show(status: Status, out: Terminal, *, as_json: bool) -> None:
    """Print it, as text or as JSON."""
    if as_json:
        data = {**status.__dict__, "project": str(status.root)}
        del data["root"]
        out.line(json.dumps(data, indent=2, ensure_ascii=True))
        return
    out.line(str(status.root), "bold")
    if status.behind:
        count = len(status.behind)
        releases = f"{count} release{'s' if count > 1 else ''} behind {status.newest}"
        out.line(f"  version   {status.version}, {out.paint(releases, 'yellow')}")
    else:
        out.line(f"  version   {status.version}, the newest known here")
    out.line(f"  template  {status.source}")
    if status.pending:
        out.line(f"  an update to {status.pending} is under way: --continue or --abort", "red")
    out.line()
    out.line("Answers", "bold")
    for name, value in status.answers.items():
        out.line(f"  {name}: {value}")
    out.line()
    out.line("Files of the template", "bold")
    out.line(f"  {len(status.equal)} as the template made them")
    for label, paths in (("edited", status.edited), ("removed", status.removed)):
        for path in paths:
            out.line(f"  {out.paint(label, 'cyan')}  {path}")
