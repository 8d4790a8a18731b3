"""Which due jobs were announced lately, so that the broker is not flooded with repeats."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from typing import NamedTuple, TypeAlias
from uuid import UUID

FIRST_REPEAT = 10.0
LONGEST_PAUSE = 300.0

# A job as it was when it was announced: a new attempt is something else to announce.
Due: TypeAlias = tuple[UUID, int]


class _Announced(NamedTuple):
    pause: float
    repeat_at: float


class Announcements:
    """In memory only: whoever starts with none announces everything once."""

    def __init__(self) -> None:
        self._known: dict[Due, _Announced] = {}

    def select(self, due: Iterable[Due]) -> list[Due]:
        """Those of `due` that were not announced, or so long ago that it may have been in vain.

        What is not due any more is forgotten.
        """
        wanted = list(due)
        self._known = {job: self._known[job] for job in wanted if job in self._known}
        now = time.monotonic()
        return [
            job for job in wanted if job not in self._known or self._known[job].repeat_at <= now
        ]

    def note(self, jobs: Sequence[Due]) -> None:
        """The broker has them. Each time the pause until the next repeat doubles."""
        now = time.monotonic()
        for job in jobs:
            before = self._known.get(job)
            pause = min(before.pause * 2, LONGEST_PAUSE) if before else FIRST_REPEAT
            self._known[job] = _Announced(pause, now + pause)

    def clear(self) -> None:
        self._known.clear()
