"""The command line. What costs time to import is imported by the command that needs it."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

from roadbed import __version__
from roadbed.errors import EXIT_CODES, INTERRUPTED, OK, UNEXPECTED, RoadbedError, UsageError
from roadbed.terminal import Terminal, encodable, is_interactive
from roadbed.update import command as update


class Parser(argparse.ArgumentParser):
    """An argument parser whose faults are one line, like every other fault."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message}: see {self.prog} --help")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run `roadbed` and give its exit code. Every fault is one line on stderr, no traceback."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    # A killed run cleans up like an interrupted one.
    previous = signal.signal(signal.SIGTERM, _interrupt)
    try:
        parsed = _parser(words).parse_args(words)
        return int(parsed.run(parsed))
    except RoadbedError as error:
        return _fail(error.faults, error.exit_code)
    except KeyboardInterrupt:
        return _fail(["interrupted: nothing was left behind"], INTERRUPTED)
    except BrokenPipeError:
        # The reader (head, less) has seen enough; keep Python from complaining at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return OK
    except Exception as error:
        if os.environ.get("ROADBED_TRACEBACK"):
            raise
        fault = f"unexpected {type(error).__name__}: {' '.join(str(error).split())}"
        return _fail([f"{fault} (ROADBED_TRACEBACK=1 shows where; please report it)"], UNEXPECTED)
    finally:
        signal.signal(signal.SIGTERM, previous)


def _interrupt(_signal: int, _frame: object) -> None:
    raise KeyboardInterrupt


def _fail(faults: Sequence[str], code: int) -> int:
    err = Terminal.of(sys.stderr)
    for fault in faults:
        one_line = encodable(" ".join(fault.split()), sys.stderr)
        print(f"{err.paint('roadbed:', 'red', 'bold')} {one_line}", file=sys.stderr)
    return code


def _parser(words: Sequence[str]) -> Parser:
    codes = "\n".join(f"  {code:>3}  {meaning}" for code, meaning in EXIT_CODES.items())
    parser = Parser(
        prog="roadbed",
        description="Production backends that keep one contract, in the framework of your choice.",
        epilog=f"exit codes (verify has its own, see roadbed verify --help):\n{codes}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"roadbed {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    _add_new(commands)
    _add_options(commands)
    _add_verify(commands, loaded="verify" in words[:1])
    _add_matrix(commands)
    _add_doctor(commands)
    update.add_parsers(commands)
    return parser


def _add_new(commands: Any) -> None:
    new = commands.add_parser(
        "new",
        help="write a new project",
        description="Write a new project. In a terminal it asks what is not given; without one, "
        "or with --defaults, unanswered questions take their defaults.",
        allow_abbrev=False,
    )
    new.add_argument("dest", nargs="?", metavar="DEST", help="folder (default: ./<project slug>)")
    new.add_argument("--defaults", action="store_true", help="ask nothing, take the defaults")
    new.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        dest="settings",
        help="answer one question; repeatable, wins over --answers",
    )
    new.add_argument(
        "--answers", type=Path, metavar="FILE", help="answers from a YAML or JSON file"
    )
    new.add_argument("--dry-run", action="store_true", help="show the tree, write nothing")
    new.add_argument("--json", action="store_true", help="ask nothing, print the result as JSON")
    new.add_argument("--no-git", action="store_true", help="no repository and no first commit")
    new.set_defaults(run=_run_new)


def _run_new(arguments: argparse.Namespace) -> int:
    from roadbed import report, steps

    out = Terminal.of(sys.stdout)
    run = steps.Run(
        steps.Request(
            destination=arguments.dest,
            settings=tuple(arguments.settings),
            answers_file=arguments.answers,
            interactive=not (arguments.defaults or arguments.json) and is_interactive(),
            git=not arguments.no_git,
        ),
        out,
    )
    steps.execute(run, steps.PREPARE)
    if run.source.dirty:
        note = f"the template has uncommitted changes; commit {run.source.commit} is recorded"
        Terminal.of(sys.stderr).line(f"roadbed: note: {note}, which lacks them")
    steps.execute(run, steps.PREVIEW if arguments.dry_run else steps.WRITE)
    if arguments.json:
        print(report.as_json(run, written=not arguments.dry_run))
    elif arguments.dry_run:
        report.show_tree(run)
    else:
        report.show_next_steps(run)
    return OK


def _add_options(commands: Any) -> None:
    options = commands.add_parser(
        "options", help="every question, choice and default", allow_abbrev=False
    )
    options.add_argument("--json", action="store_true", help="print them as JSON")
    options.set_defaults(run=_run_options)


def _run_options(arguments: argparse.Namespace) -> int:
    from roadbed.options import show_options
    from roadbed.questions import load_questions
    from roadbed.source import questions_path

    show_options(load_questions(questions_path()), Terminal.of(sys.stdout), as_json=arguments.json)
    return OK


def _add_verify(commands: Any, *, loaded: bool) -> None:
    if not loaded:
        commands.add_parser("verify", help="run the contract suite against a project")
        return
    from roadbed.verify import command

    command.add_parser(commands)
    commands.choices["verify"].set_defaults(run=command.run)


def _add_matrix(commands: Any) -> None:
    matrix = commands.add_parser(
        "matrix",
        help="the variants that can be made",
        description="List variants: combinations of every question's choices that are valid.",
        allow_abbrev=False,
    )
    which = matrix.add_mutually_exclusive_group()
    which.add_argument(
        "--pairwise",
        action="store_true",
        help="few that hold every pair of choices, the default answers among them (the default)",
    )
    which.add_argument("--all", action="store_true", help="every valid combination")
    matrix.add_argument(
        "--changed-since",
        metavar="REV",
        help="of those, the ones that render otherwise than at a commit of the template",
    )
    matrix.add_argument("--format", choices=("table", "json", "github"), default="table")
    matrix.set_defaults(run=_run_matrix)


def _run_matrix(arguments: argparse.Namespace) -> int:
    from roadbed.matrix import default_variant, every_variant, pairwise
    from roadbed.matrix_report import show_matrix
    from roadbed.questions import load_questions
    from roadbed.source import find_source

    source = find_source()
    questions = load_questions(source.questions_file)
    variants = every_variant(source, questions)
    if not arguments.all:
        variants = pairwise(variants, default_variant(variants, questions))
    if arguments.changed_since is not None:
        from roadbed.fingerprint import changed_since

        variants = changed_since(arguments.changed_since, variants, source)
    show_matrix(variants, Terminal.of(sys.stdout), form=arguments.format)
    return OK


def _add_doctor(commands: Any) -> None:
    doctor = commands.add_parser(
        "doctor", help="what is on this machine, and what to install", allow_abbrev=False
    )
    doctor.add_argument("--json", action="store_true", help="print the findings as JSON")
    doctor.set_defaults(run=_run_doctor)


def _run_doctor(arguments: argparse.Namespace) -> int:
    from roadbed.doctor import examine, show_findings
    from roadbed.questions import load_questions
    from roadbed.source import questions_path

    frameworks = load_questions(questions_path())["framework"].values
    out = Terminal.of(sys.stdout)
    return show_findings(examine(), frameworks, out, as_json=arguments.json)
