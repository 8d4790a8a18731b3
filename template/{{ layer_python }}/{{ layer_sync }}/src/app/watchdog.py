"""One thread that ends what takes too long, for all connections of the process."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Generic, TypeVar

T = TypeVar("T")


class Watchdog(Generic[T]):
    """Calls `end` with whatever has been watched for longer than `seconds`.

    Watching costs no thread and no wake-up: every watch lasts equally long, so that a new one
    never ends before those that are already waited for.
    """

    def __init__(self, seconds: float, end: Callable[[T], object]) -> None:
        self._seconds = seconds
        self._end = end
        self._watched: dict[object, tuple[float, T]] = {}
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._idle = False

    @contextmanager
    def watch(self, what: T) -> Iterator[None]:
        ticket = object()
        with self._changed:
            self._watched[ticket] = time.monotonic() + self._seconds, what
            if self._thread is None:
                # Only now: a thread that was started before a fork would not be there after it.
                self._thread = threading.Thread(target=self._run, daemon=True, name="watchdog")
                self._thread.start()
            elif self._idle:
                self._changed.notify()
        try:
            yield
        finally:
            with self._changed:
                self._watched.pop(ticket, None)

    def _run(self) -> None:
        with self._changed:
            while True:
                # The oldest comes first: a dictionary keeps the order of insertion.
                oldest = next(iter(self._watched.items()), None)
                if oldest is None:
                    self._idle = True
                    self._changed.wait()
                    self._idle = False
                    continue
                ticket, (ends, what) = oldest
                left = ends - time.monotonic()
                if left > 0:
                    self._changed.wait(left)
                    continue
                del self._watched[ticket]
                # Whatever goes wrong with one must not leave the others unwatched.
                with suppress(Exception):
                    self._end(what)
