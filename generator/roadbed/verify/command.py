"""`roadbed verify PROJECT`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from roadbed.errors import INCOMPLETE, INTERRUPTED, NOT_RUN, OK, USAGE

_EPILOG = f"""exit codes:
  {OK:<3}  every MUST that applies holds
  {INCOMPLETE:<3}  a clause does not hold
  {USAGE:<3}  the project or a clause was named wrongly
  {NOT_RUN:<3}  the suite could not run: setup or boot failed, or no servers
  {INTERRUPTED:<3}  interrupted
"""


def add_parser(subparsers: Any) -> argparse.ArgumentParser:
    """Add the `verify` command to the CLI's sub-parsers."""
    parser: argparse.ArgumentParser = subparsers.add_parser(
        "verify",
        help="prove a generated service against the contract",
        description="Boot a generated project on real services and run the contract suite.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_arguments(parser)
    return parser


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("project", metavar="PROJECT", help="folder of the generated project")
    parser.add_argument(
        "--clauses", metavar="LIST", help="only these groups or clauses: AUTH,JOBS-05"
    )
    parser.add_argument("--report", metavar="FILE", type=Path, help="write the verdicts as JSON")
    parser.add_argument(
        "--no-setup", action="store_true", help="do not run make setup (docker compose build) first"
    )
    parser.add_argument(
        "--compose",
        action="store_true",
        help="build its image and run it in containers, as its compose file says (needs docker)",
    )
    parser.add_argument("--keep", action="store_true", help="keep the services' logs in any case")
    parser.add_argument("--auth", choices=("jwt", "session"), help="when there is no answers file")
    parser.add_argument("--queue", choices=("postgres", "redis", "rabbitmq", "kafka"))


def run(args: argparse.Namespace) -> int:
    """Verify; prints, and returns the exit code."""
    try:
        from roadbed.services import ServiceError
        from roadbed.verify import Crashed, NotAProject, UnknownClause, load, verify
        from roadbed.verify.composed import Containers
    except ModuleNotFoundError as missing:
        if (missing.name or "").startswith("roadbed"):
            raise
        return _fail(
            f"the contract suite needs the package {missing.name}; "
            "install roadbed with it: pip install 'roadbed[verify]'",
            NOT_RUN,
        )
    try:
        _check_report_path(args.report)
        project = load(args.project, auth=args.auth, queue=args.queue)
        report = verify(
            project,
            clauses=args.clauses.split(",") if args.clauses is not None else None,
            setup=not args.no_setup,
            keep=args.keep,
            place=Containers(project) if args.compose else None,
        )
        if args.report:
            report.write(args.report)
    except (NotAProject, UnknownClause) as error:
        return _fail(str(error), USAGE)
    except (Crashed, ServiceError) as error:
        return _fail(str(error), NOT_RUN)
    except OSError as error:
        return _fail(f"{error.strerror or error}: {error.filename or ''}".rstrip(": "), NOT_RUN)
    except KeyboardInterrupt:
        return _fail("interrupted; all services were ended", INTERRUPTED)
    return OK if report.ok else INCOMPLETE


def _check_report_path(path: Path | None) -> None:
    """A run takes minutes: say now that its report could not be written."""
    if path is not None and not path.resolve().parent.is_dir():
        raise NotADirectoryError(20, "no such folder for the report", str(path.resolve().parent))


def _fail(message: str, code: int) -> int:
    print(f"roadbed verify: {message}", file=sys.stderr)
    return code
