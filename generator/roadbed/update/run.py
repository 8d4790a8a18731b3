"""The steps of an update: propose (reads only), then apply (all or nothing)."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from roadbed.errors import CONFLICTS, OK, SET_ASIDE, ProjectError, VersionError
from roadbed.source import TemplateSource
from roadbed.update import index, notes, state
from roadbed.update.carry import Carried, carry
from roadbed.update.entries import read_tree
from roadbed.update.faults import storage_fault
from roadbed.update.history import History, Release, open_history
from roadbed.update.plan import Kind, Plan, Tree, make_plan
from roadbed.update.project import (
    Project,
    Repository,
    open_project,
    open_repository,
    require_clean,
)


@dataclass(frozen=True)
class Request:
    """`changes` are answers to change. `to` None means the newest; `stay` means no new version.

    `answers_file` None means the one that is there.
    """

    project: Path
    to: str | None = None
    changes: Mapping[str, Any] = field(default_factory=dict)
    stay: bool = False
    only_look: bool = False
    answers_file: PurePosixPath | None = None


@dataclass(frozen=True)
class Proposal:
    """What would happen. `newest` is the latest version known, even when it is not the target."""

    project: Project
    repository: Repository
    current: Release
    target: Release
    carried: Carried
    plan: Plan
    variables: notes.Variables
    migrations: tuple[str, ...]
    clashes: tuple[str, ...]
    changelog: Mapping[str, str]

    @property
    def is_nothing(self) -> bool:
        return not self.plan.changes

    @property
    def exit_code(self) -> int:
        if self.plan.unresolved:
            return CONFLICTS
        return SET_ASIDE if self.plan.of(Kind.SET_ASIDE) else OK


def propose(request: Request) -> Proposal:
    """Compare the project with what it would become. Raises RoadbedError; changes nothing."""
    root = request.project.resolve()
    # First: in an update that was cut short the answers file itself may be missing.
    refuse_pending(root)
    project = open_project(root, request.answers_file)
    repository = open_repository(root)
    if not request.only_look:
        require_clean(project)
    try:
        with (
            open_history(project.url) as history,
            tempfile.TemporaryDirectory(prefix="roadbed-update-") as scratch,
        ):
            return _propose(request, project, repository, history, Path(scratch))
    except OSError as error:
        raise storage_fault(error, "nothing was changed") from error


def refuse_pending(root: Path) -> None:
    """Raises ProjectError while an earlier update of the project at `root` is not done with."""
    try:
        repository = open_repository(root)
    except ProjectError:
        return
    pending = state.find_pending(root, repository)
    if pending is not None:
        raise ProjectError(
            f"an update of {root} to {pending.target} is under way: finish it with "
            "roadbed update --continue, or put everything back with roadbed update --abort"
        )


def _propose(
    request: Request, project: Project, repository: Repository, history: History, scratch: Path
) -> Proposal:
    current = history.recorded(project.commit)
    target = _target(request, history, current)
    old = history.extract(current, scratch / "old-template")
    same = target.commit == current.commit
    new = old if same else history.extract(target, scratch / "new-template")
    carried = carry(project.answers, request.changes, old, new)
    base = _render(old, scratch / "base", carried.before, project)
    theirs = base
    if not same or carried.before != carried.after:
        theirs = _render(new, scratch / "theirs", carried.after, project)
    plan = make_plan(project.root, base, theirs, project.answers_file)
    text = None if same else history.read(target, notes.CHANGELOG)
    return Proposal(
        project=project,
        repository=repository,
        current=current,
        target=target,
        carried=carried,
        plan=plan,
        variables=notes.compare_variables(project.root, base, theirs),
        migrations=tuple(path.as_posix() for path in notes.new_migrations(plan)),
        clashes=notes.migration_clashes(project.root, plan, theirs),
        changelog=notes.changelog_between(text, current.version, target.version),
    )


def _target(request: Request, history: History, current: Release) -> Release:
    if request.stay:
        return current
    target = history.find(request.to) if request.to else history.newest(current)
    if target.commit == current.commit or history.is_newer(target, current):
        return target
    if request.to:
        raise VersionError(
            f"{target.name} is older than {current.name}, which the project is at: "
            "take it back with git instead"
        )
    return current


def _render(
    source: TemplateSource, folder: Path, answers: Mapping[str, Any], project: Project
) -> Tree:
    from roadbed.render import render

    rendered = render(source, folder, answers, answers_file=project.answers_file)
    return read_tree(folder, rendered.files)


def apply(proposal: Proposal) -> int:
    """Do it, all of it or nothing; gives the exit code. Raises RoadbedError.

    With conflicts the update stays under way until `--continue` or `--abort`.
    """
    project, repository = proposal.project, proposal.repository
    with state.alone(project.root, repository):
        refuse_pending(project.root)
        require_clean(project)
        under_way = state.start(project.root, repository, proposal.plan.writes, _notes(proposal))
        try:
            under_way.advance()
        except BaseException as error:
            under_way.abort()
            if isinstance(error, OSError):
                raise storage_fault(error, "nothing was changed") from error
            raise
        if not proposal.plan.unresolved:
            under_way.close()
    return proposal.exit_code


def _notes(proposal: Proposal) -> dict[str, Any]:
    """What `--continue` and `--abort` need to know."""
    plan = proposal.plan
    conflicts = plan.of(Kind.CONFLICT)
    return {
        "from": proposal.current.name,
        "to": proposal.target.name,
        "conflicts": [change.path.as_posix() for change in conflicts],
        "beside": [str(change.other) for change in plan.of(Kind.BESIDE)],
        "set_aside": [str(change.other) for change in plan.of(Kind.SET_ASIDE)],
        "stages": index.stages_of(proposal.repository, proposal.project.root, conflicts),
    }
