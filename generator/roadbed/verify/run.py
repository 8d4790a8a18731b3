"""What one run of the suite has in common: the project, the findings, the logs."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from roadbed.verify.client import Client
from roadbed.verify.fakes.otlp import Span
from roadbed.verify.ground import Place, ThisMachine
from roadbed.verify.observer import Watcher
from roadbed.verify.process import LogLine
from roadbed.verify.project import Project

if TYPE_CHECKING:
    from roadbed.verify.stand import Stand


class Run:
    """Shared by all stands and checks of a run; safe for many threads."""

    def __init__(self, project: Project, workdir: Path, place: Place | None = None) -> None:
        self.project, self.workdir = project, workdir
        self.place = place or ThisMachine(project)
        self.watcher = Watcher()
        self.crashes: list[str] = []
        self._stands: list[Stand] = []
        self._once: list[LogLine] = []
        self._lock = threading.Lock()

    def client(
        self,
        host: str,
        port: int,
        *,
        observed: bool = True,
        on_request: Callable[[str], None] | None = None,
    ) -> Client:
        """A client of one port; observed ones hold every answer to the global clauses."""
        watcher = self.watcher if observed else None
        return Client(host, port, observer=watcher, on_request=on_request)

    def enter(self, stand: Stand) -> int:
        """Take note of a stand; its number within the run."""
        with self._lock:
            self._stands.append(stand)
            return len(self._stands)

    @property
    def stands(self) -> list[Stand]:
        """All stands so far, closed ones too: their mails, spans and logs are kept."""
        with self._lock:
            return list(self._stands)

    def crashed(self, what: str) -> None:
        """A service ended by itself while nobody broke anything."""
        with self._lock:
            self.crashes.append(what)

    def note_once(self, lines: list[LogLine]) -> None:
        """Output of one-shot processes; not part of `lines`, which is api and worker only."""
        with self._lock:
            self._once.extend(lines)

    def output(self, stream: str | None = None) -> list[LogLine]:
        """What api and worker processes of all stands said; None is both streams."""
        return [
            line
            for stand in self.stands
            for service in stand.every_service
            for line in service.lines(stream=stream)
        ]

    @property
    def lines(self) -> list[LogLine]:
        """All stdout lines of api and worker processes (`LogLine.service` tells whose)."""
        return self.output("stdout")

    @property
    def spans(self) -> list[Span]:
        """All spans of all stands."""
        return [span for stand in self.stands for span in stand.otlp.spans()]

    @property
    def sentinels(self) -> set[str]:
        """Everything that must never be seen in logs and spans."""
        found = set(self.watcher.secrets)
        for stand in self.stands:
            found |= stand.secrets
            found |= {mail.token for mail in stand.smtp.mails() if len(mail.token) >= 12}
        return found
