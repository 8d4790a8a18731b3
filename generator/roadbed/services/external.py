"""Servers that somebody else runs and the environment names."""

from __future__ import annotations

from roadbed.services.service import CannotControl, Held, StopMode


class External(Held):
    """A running server behind a URL. Every attempt to break it is refused with the reason."""

    def __init__(self, name: str, url: str, variable: str) -> None:
        self.name, self._url, self._variable = name, url, variable

    @property
    def dsn(self) -> str:
        return self._url

    @property
    def running(self) -> bool:
        return True

    def _refuse(self) -> None:
        raise CannotControl(
            f"{self.name} comes from {self._variable} and cannot be stopped or paused; "
            f"unset {self._variable} to let roadbed start a server of its own"
        )

    def start_again(self) -> None:
        """It runs already."""

    def stop(self, mode: StopMode = "fast") -> None:  # noqa: ARG002 - the protocol's signature
        self._refuse()

    def kill(self) -> None:
        self._refuse()

    def pause(self) -> None:
        self._refuse()

    def unpause(self) -> None:
        """It was never paused."""

    def restart(self) -> None:
        self._refuse()

    def wipe(self) -> None:
        self._refuse()

    def back_up(self) -> None:
        self._refuse()

    def roll_back(self) -> None:
        self._refuse()

    def close(self) -> None:
        """It is not ours to end."""
