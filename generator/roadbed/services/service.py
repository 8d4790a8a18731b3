"""What every local server can do, whichever program is behind it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from types import TracebackType
from typing import Literal, Protocol, Self

StopMode = Literal["fast", "immediate"]


class ServiceError(Exception):
    """A server cannot be had: one line that names the fault and the mend."""


class NotInstalled(ServiceError):
    """The machine lacks the program itself."""


class CannotControl(ServiceError):
    """The server was given by the environment: it is somebody else's to stop."""


class Held(ABC):
    """Something that is closed at the end of its `with` block."""

    @abstractmethod
    def close(self) -> None: ...

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


class Service(Protocol):
    """A server that can be broken on purpose. Brokers come in this shape as well."""

    @property
    def name(self) -> str:
        """How reports call it."""

    @property
    def dsn(self) -> str:
        """URL with credentials, for a client on this machine."""

    @property
    def running(self) -> bool:
        """Whether the process lives (a paused one does)."""

    def start_again(self) -> None:
        """Start with the data of before; returns when connections are accepted."""

    def stop(self, mode: StopMode = "fast") -> None:
        """End it; `immediate` skips the orderly part but keeps what is on disk."""

    def kill(self) -> None:
        """SIGKILL to every process of it."""

    def pause(self) -> None:
        """SIGSTOP to every process of it: connections stay open and nothing answers."""

    def unpause(self) -> None:
        """SIGCONT to every process of it."""

    def restart(self) -> None:
        """Stop and start again."""

    def wipe(self) -> None:
        """Lose all data, as a server that comes back empty."""

    def back_up(self) -> None:
        """Keep a copy of all data; the server is restarted."""

    def roll_back(self) -> None:
        """Restart with the data of the last `back_up`."""

    def close(self) -> None:
        """End it and remove its folder."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...
