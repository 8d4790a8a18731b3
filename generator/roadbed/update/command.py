"""`roadbed update`, `roadbed set` and `roadbed status` on the command line."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path, PurePosixPath
from typing import Any

from roadbed.errors import (
    CONFLICTS,
    OK,
    SET_ASIDE,
    UPDATE_AVAILABLE,
    InterruptedByUser,
    ProjectError,
    UsageError,
)
from roadbed.terminal import Terminal, is_interactive


def add_parsers(commands: Any) -> None:
    """Add the three commands. Imports nothing that takes time."""
    _add_update(commands)
    _add_set(commands)
    _add_status(commands)


def _add_update(commands: Any) -> None:
    update = commands.add_parser(
        "update",
        help="bring a project to a newer version of the template",
        description="Bring a project to a newer version of the template. Shows the plan, asks, "
        "and applies all of it or nothing. Your edits are merged, put into a conflict, or kept "
        "beside the file, never lost.",
        allow_abbrev=False,
    )
    update.add_argument("project", nargs="?", default=".", metavar="PROJECT", type=Path)
    update.add_argument("--to", metavar="VERSION", help="this version (default: the newest)")
    update.add_argument(
        "--set", action="append", default=[], metavar="KEY=VALUE", dest="settings",
        help="answer a question of the new version; repeatable",
    )  # fmt: skip
    update.add_argument(
        "--check", action="store_true", help="only show the plan; exit 12 when there is an update"
    )
    update.add_argument("--yes", action="store_true", help="apply without asking")
    update.add_argument("--json", action="store_true", help="print plan and outcome as JSON")
    _add_answers_file(update)
    after = update.add_mutually_exclusive_group()
    after.add_argument(
        "--continue", action="store_true", dest="go_on", help="finish, once conflicts are resolved"
    )
    after.add_argument("--abort", action="store_true", help="put everything back")
    update.set_defaults(run=_run_update)


def _add_set(commands: Any) -> None:
    change = commands.add_parser(
        "set",
        help="change an answer of a project, at the version it has",
        description="Change answers of a project without taking a new version of the template, "
        "with the same plan and the same care as an update.",
        allow_abbrev=False,
    )
    change.add_argument(
        "words", nargs="+", metavar="KEY=VALUE", help="an answer; the last word may be the PROJECT"
    )
    change.add_argument("--check", action="store_true", help="only show the plan")
    change.add_argument("--yes", action="store_true", help="apply without asking")
    change.add_argument("--json", action="store_true", help="print plan and outcome as JSON")
    _add_answers_file(change)
    change.set_defaults(run=_run_set)


def _add_status(commands: Any) -> None:
    status = commands.add_parser(
        "status", help="a project's version, answers and edits", allow_abbrev=False
    )
    status.add_argument("project", nargs="?", default=".", metavar="PROJECT", type=Path)
    status.add_argument("--json", action="store_true", help="print it as JSON")
    _add_answers_file(status)
    status.set_defaults(run=_run_status)


def _add_answers_file(command: argparse.ArgumentParser) -> None:
    """Copier's own option, for a project whose answers file somebody named."""
    command.add_argument(
        "-a", "--answers-file", metavar="FILE", type=_relative,
        help="where the project records its answers (default: the one that is there)",
    )  # fmt: skip


def _relative(text: str) -> PurePosixPath:
    path = PurePosixPath(text)
    if path.is_absolute() or ".." in path.parts or not path.name:
        raise argparse.ArgumentTypeError(f"{text!r} is no path inside the project")
    return path


def _run_update(arguments: argparse.Namespace) -> int:
    if arguments.go_on or arguments.abort:
        others = (arguments.to, arguments.settings, arguments.check, arguments.yes, arguments.json)
        if any(others):
            raise UsageError("--continue and --abort go alone: leave the other options out")
        return _end_pending(arguments.project, abort=arguments.abort)
    from roadbed.answers import parse_settings
    from roadbed.update.run import Request

    request = Request(
        arguments.project,
        to=arguments.to,
        changes=parse_settings(arguments.settings),
        only_look=arguments.check,
        answers_file=arguments.answers_file,
    )
    return _carry_out(request, arguments)


def _run_set(arguments: argparse.Namespace) -> int:
    from roadbed.answers import parse_settings
    from roadbed.update.run import Request

    words = list(arguments.words)
    project = Path(words.pop()) if "=" not in words[-1] else Path(".")
    if not words:
        raise UsageError("nothing to set: write for instance roadbed set queue=postgres")
    changes = parse_settings(words)
    request = Request(
        project,
        changes=changes,
        stay=True,
        only_look=arguments.check,
        answers_file=arguments.answers_file,
    )
    return _carry_out(request, arguments)


def _carry_out(request: Any, arguments: argparse.Namespace) -> int:
    from roadbed.update import report
    from roadbed.update.run import apply, propose

    out = Terminal.of(sys.stdout)
    asks = not (arguments.yes or arguments.check)
    if asks and (arguments.json or not is_interactive()):
        raise UsageError(
            "nobody can be asked here: add --yes to apply, or --check to only see the plan"
        )
    proposal = propose(request)
    if not arguments.json:
        report.show_plan(proposal, out)
    if arguments.check or proposal.is_nothing:
        if arguments.json:
            report.print_json(proposal, applied=False)
        return UPDATE_AVAILABLE if arguments.check and not proposal.is_nothing else OK
    if asks and not _agreed(out):
        raise InterruptedByUser("left: nothing was changed")
    code = apply(proposal)
    if arguments.json:
        report.print_json(proposal, applied=True)
    else:
        report.show_outcome(proposal, out)
    return code


def _agreed(out: Terminal) -> bool:
    import questionary

    out.line()
    try:
        return bool(questionary.confirm("Apply this?", default=True).unsafe_ask())
    except (KeyboardInterrupt, EOFError):
        return False


def _end_pending(path: Path, *, abort: bool) -> int:
    from roadbed.update import report, state
    from roadbed.update.project import open_repository

    out = Terminal.of(sys.stdout)
    root = path.resolve()
    repository = open_repository(root)
    with state.alone(root, repository):
        pending = state.find_pending(root, repository)
        if pending is None:
            raise ProjectError(f"no update of {root} is under way")
        if abort:
            pending.abort()
            out.line(f"{root.name} is as it was, at {pending.notes['from']}")
            return OK
        unresolved = pending.finish()
    if unresolved:
        report.show_unresolved(unresolved, out)
        return CONFLICTS
    left = [name for name in pending.notes["set_aside"] if (root / name).exists()]
    for name in left:
        out.line(f"Your edits are in {name}: take over what you need", "yellow")
    out.line(f"{root.name} is at {pending.target}. Run the tests, and commit.", "green")
    return SET_ASIDE if left else OK


def _run_status(arguments: argparse.Namespace) -> int:
    from roadbed.update.status import examine, show

    show(
        examine(arguments.project, arguments.answers_file),
        Terminal.of(sys.stdout),
        as_json=arguments.json,
    )
    return OK
