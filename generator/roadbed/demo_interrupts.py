"""Ctrl-C at any moment: acted on once, and never between the start of a process and its notice."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Interrupts:
    """Turns the first signal into KeyboardInterrupt and swallows later ones: the clearing up that
    the first one sets off has to come to its end."""

    def __init__(self) -> None:
        self._held = 0
        self._pending = False
        self._raised = False

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Handle signals while the block lasts. After an interrupt they stay ignored: the program
        is about to end, and a second Ctrl-C must not change how."""
        before = {number: signal.signal(number, self._on_signal) for number in SIGNALS}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, signal.SIG_IGN if self._raised else handler)

    @contextmanager
    def hold(self) -> Iterator[None]:
        """Put off a signal to the end of the block, so that what is begun inside is registered."""
        self._held += 1
        try:
            yield
        finally:
            self._held -= 1
            if self._pending and not self._held:
                self._raise()

    def _on_signal(self, _number: int, _frame: object) -> None:
        if self._raised:
            return
        if self._held:
            self._pending = True
            return
        self._raise()

    def _raise(self) -> None:
        self._pending, self._raised = False, True
        raise KeyboardInterrupt
