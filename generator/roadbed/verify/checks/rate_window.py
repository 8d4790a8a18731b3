"""RATE-03: the window slides."""

from __future__ import annotations

import math
import time

from roadbed.verify.check import check
from roadbed.verify.checks.rate import (
    PATIENT,
    WINDOW,
    N,
    accepted,
    probe,
)
from roadbed.verify.checks.tools import (
    from_ip,
    side_by_side,
)
from roadbed.verify.target import Target


@check("RATE-03", "the window slides: it has no edge to exploit", env=PATIENT, alone=True)
def window_slides(t: Target) -> None:
    side_by_side(lambda: over_an_epoch_edge(t), lambda: late_burst(t), lambda: steady_stream(t))


def until(moment: float) -> None:
    time.sleep(max(0.0, moment - time.time()))


def next_edge(offset: float) -> float:
    """The next epoch-aligned window boundary plus `offset`, at least half a second away."""
    return math.ceil((time.time() + 0.5 - offset) / WINDOW) * WINDOW + offset


def over_an_epoch_edge(t: Target) -> None:
    """(a) A fixed window forgets at its edge."""
    for _ in range(4):
        client = from_ip(t.api)
        start = next_edge(-0.4)
        until(start)
        first = accepted([probe(client) for _ in range(N)])
        in_time = time.time() < start + 0.4
        until(start + 0.6)
        second = accepted([probe(client) for _ in range(N)])
        if in_time and time.time() < start + WINDOW - 0.5:
            t.equal(first, N, did=f"(a) sent {N} requests to a fresh budget")
            t.within(second, 0, 2, did=f"(a) {N} before an epoch edge, {N} more 0.6 s later")
            return
    too_slow(t, "(a)")


def late_burst(t: Target) -> None:
    """(b) A window that starts with the first request forgets all when that one leaves."""
    for _ in range(4):
        client = from_ip(t.api)
        start = time.time()
        first = accepted([probe(client)])
        until(start + WINDOW - 0.5)
        middle_start = time.time()
        middle = accepted([probe(client) for _ in range(N - 1)])
        in_time = time.time() < start + WINDOW - 0.05
        until(start + WINDOW + 0.3)
        last = accepted([probe(client) for _ in range(N)])
        if in_time and time.time() < middle_start + WINDOW - 0.3:
            t.equal(first + middle, N, did=f"(b) sent 1, and {N - 1} late in the window")
            t.within(last, 0, 2, did=f"(b) {N} more 0.3 s after the first one left the window")
            return
    too_slow(t, "(b)")


def steady_stream(t: Target) -> None:
    """(c) Twice the allowed rate for four windows, from the middle of an epoch window."""
    client = from_ip(t.api)
    interval, count = WINDOW / (2 * N), int(4 * 2 * N)
    start = next_edge(WINDOW / 2)
    taken: list[float] = []
    for number in range(count):
        until(start + number * interval)
        if probe(client).status != 429:
            taken.append(time.time())
    did = f"(c) sent {count} requests, {2 * N} in each {WINDOW:g} s"
    # Clocks differ by a request's own duration: a slightly shorter window judges safely.
    width = WINDOW - interval
    most = max(sum(a <= b < a + width for b in taken) for a in taken)
    t.within(most, 1, N + 1, did=f"{did}; counted the accepted ones in any {WINDOW:g} s")
    t.within(len(taken), 3 * N, 5 * N + 1, did=f"{did}; counted all accepted ones")


def too_slow(t: Target, part: str) -> None:
    t.expect(
        False,
        did=f"{part} tried four times to send {2 * N} requests at their moments",
        expected="a machine that answers 10 small requests in 0.4 s",
        saw="each batch came too late to prove anything",
    )
