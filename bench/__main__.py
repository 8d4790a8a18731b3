"""`python -m bench`: measure, print tables, keep the results as JSON."""

from __future__ import annotations

import argparse
import json
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from bench import generation, queues, serving, updating
from bench.faults import BenchError
from bench.report import Table, as_data, as_text
from bench.stand import BARE
from roadbed.services import ServiceError

RESULTS = Path(__file__).with_name("results")
PARTS = ("generate", "update", "serve", "queues")


def main(words: Sequence[str] | None = None) -> int:
    """0 when every goal is met, 1 when one is missed, 2 when nothing could be measured."""
    arguments = _parser().parse_args(words)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        _require_linux()
        tables = _measure(arguments)
    except (BenchError, ServiceError) as error:
        print(f"bench: {' '.join(str(error).split())}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("bench: stopped; nothing is left running", file=sys.stderr)
        return 130
    data = {"measured_at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())}
    text = json.dumps({**data, "tables": as_data(tables)}, indent=2)
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime())}.json").write_text(text + "\n")
    print(text if arguments.json else "\n\n".join(as_text(table) for table in tables))
    return 0 if all(table.met for table in tables) else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="interleaved rounds (default: 5)")
    parser.add_argument("--seconds", type=int, default=3, help="of load each (default: 3)")
    parser.add_argument("--only", choices=PARTS, help="one part instead of all")
    parser.add_argument("--framework", choices=sorted(BARE), default="fastapi")
    parser.add_argument("--json", action="store_true", help="print the results as JSON")
    return parser


def _measure(arguments: argparse.Namespace) -> list[Table]:
    tables: list[Table] = []
    if arguments.only in (None, "generate"):
        _say("rendering")
        tables.append(generation.measure(arguments.rounds))
    if arguments.only in (None, "update"):
        _say("updating")
        tables.append(updating.measure(arguments.rounds))
    if arguments.only in (None, "serve"):
        tables += serving.measure(arguments.framework, arguments.rounds, arguments.seconds, _say)
    if arguments.only in (None, "queues"):
        tables += queues.measure(arguments.rounds, _say)
    return tables


def _require_linux() -> None:
    if not Path("/proc/self/statm").exists():
        raise BenchError("CPU and memory are read from /proc: run the bench on Linux")


def _say(what: str) -> None:
    print(f"bench: {what}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
