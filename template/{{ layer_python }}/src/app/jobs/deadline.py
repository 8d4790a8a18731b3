"""Time limits that hold even when the other side neither answers nor hangs up."""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress


class Deadline:
    """A moment on the monotonic clock by which something has to be done."""

    def __init__(self, seconds: float) -> None:
        self._at = time.monotonic() + seconds

    def remaining(self) -> float:
        """Seconds left; raises TimeoutError when there are none."""
        left = self._at - time.monotonic()
        if left <= 0:
            raise TimeoutError("out of time")
        return left


@contextmanager
def alarm(seconds: float, action: Callable[[], object]) -> Iterator[None]:
    """Calls `action` in a thread of its own if the block takes longer than `seconds`."""
    timer = threading.Timer(seconds, action)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


@contextmanager
def cut_off(descriptor: int, seconds: float) -> Iterator[None]:
    """Shuts the connection down if the block takes longer than `seconds`.

    A blocked read then ends with the error of a lost connection. The descriptor is duplicated
    first, so that a late alarm cannot hit another connection that has got the same number.
    """
    with socket.socket(fileno=os.dup(descriptor)) as twin:

        def shut_down() -> None:
            with suppress(OSError):
                twin.shutdown(socket.SHUT_RDWR)

        with alarm(seconds, shut_down):
            yield
