"""(b) Requests per second, (c) start-up and memory: the generated service beside a bare app."""

from __future__ import annotations

import tempfile
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

from bench.load import CONNECTIONS, generator, requests_per_second
from bench.process import Server
from bench.report import Row, Table
from bench.stand import Stand, open_stand

START_GOAL = 1.5
WARM_UP_SECONDS = 1.0
MIB = 1024 * 1024

Figures = dict[str, list[float]]


def measure(framework: str, rounds: int, seconds: float, say: Callable[[str], None]) -> list[Table]:
    """Tables of throughput, of CPU per request, and of start-up and memory."""
    with tempfile.TemporaryDirectory(prefix="roadbed-bench-") as name:
        scratch = Path(name)
        scratch.chmod(0o755)  # PostgreSQL runs as another user when we are root
        say(f"generating and installing a service: {framework}")
        with open_stand(scratch, framework) as stand:
            return [*_load(stand, rounds, seconds, say), _start(stand, rounds, say)]


def _load(
    stand: Stand, rounds: int, seconds: float, say: Callable[[str], None]
) -> tuple[Table, Table, Table]:
    rates: dict[str, Figures] = defaultdict(lambda: defaultdict(list))
    cpu: dict[str, Figures] = defaultdict(lambda: defaultdict(list))
    with stand.generated() as ours, stand.bare() as theirs:
        for server in (ours, theirs):
            stand.check(server)
            for route in stand.routes:
                requests_per_second(server.port, route.path, route.callers, WARM_UP_SECONDS)
        for turn in range(rounds):
            say(f"load, round {turn + 1} of {rounds}")
            # Who goes first changes: a busy neighbour then hits both.
            pair = (ours, theirs) if turn % 2 else (theirs, ours)
            for route in stand.routes:
                for server in pair:
                    before = server.cpu_seconds
                    rate = requests_per_second(server.port, route.path, route.callers, seconds)
                    spent = server.cpu_seconds - before
                    rates[route.name][server.name].append(rate)
                    cpu[route.name][server.name].append(spent / (rate * seconds) * 1e6)
        memory = _memory(stand, ours, theirs)
    what = f"one worker each, {CONNECTIONS} connections, {generator()}"
    throughput = Table(
        "throughput",
        f"requests per second: {what}",
        stand.sides,
        [
            Row.ratio(
                route.name,
                rates[route.name]["generated"],
                rates[route.name]["bare"],
                least=route.least,
            )
            for route in stand.routes
        ],
    )
    cost = Table(
        "cpu",
        "the service's own CPU per request, in microseconds",
        stand.sides,
        [
            Row.ratio(route.name, cpu[route.name]["generated"], cpu[route.name]["bare"])
            for route in stand.routes
        ],
    )
    return throughput, cost, memory


def _memory(stand: Stand, ours: Server, theirs: Server) -> Table:
    sizes = ([ours.resident_bytes / MIB], [theirs.resident_bytes / MIB])
    return Table(
        "memory", "resident memory after the load, MiB", stand.sides, [Row.ratio("RSS", *sizes)]
    )


def _start(stand: Stand, rounds: int, say: Callable[[str], None]) -> Table:
    starts = {"bare": stand.bare, "generated": stand.generated, "traced": stand.traced}
    seconds: Figures = defaultdict(list)
    for turn in range(rounds + 1):
        say(f"start, round {turn} of {rounds}" if turn else "start, warming up")
        for name, start in starts.items():
            with start() as server:
                if turn:
                    seconds[name].append(server.boot_seconds)
    return Table(
        "start",
        "seconds from the start of the process to the first 200 on /healthz",
        stand.sides,
        [
            Row.ratio("start", seconds["generated"], seconds["bare"], most=START_GOAL),
            Row.ratio("start with OpenTelemetry on", seconds["traced"], seconds["bare"]),
        ],
    )
