"""An SMTP sink: accepts, refuses, stalls or is gone, as told at run time."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Coroutine, Iterable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

from aiosmtpd.smtp import SMTP, Envelope, Session

from roadbed.verify.fakes.mail import Mail
from roadbed.verify.fakes.port import HeldPort

Stage = Literal["ehlo", "rcpt", "data"]
T = TypeVar("T")


@dataclass(frozen=True)
class Accept:
    """Take every message."""


@dataclass(frozen=True)
class Refuse:
    """Answer `code` at RCPT, or at the end of DATA. A refused message is not kept."""

    code: int = 451
    at: Literal["rcpt", "data"] = "data"


@dataclass(frozen=True)
class Tarpit:
    """Hold the answer for `seconds`, or until the behaviour changes; then go on as accepting.

    At `data` the message is kept on arrival: accepted, but its sender does not know yet.
    """

    at: Stage = "data"
    seconds: float = 120.0


Behaviour = Accept | Refuse | Tarpit


@dataclass(frozen=True)
class Attempt:
    """One try to deliver: when it reached RCPT or DATA (`time.time()`), and how it ended there."""

    at: float
    recipient: str
    stage: Stage
    code: int
    message_id: str


class SmtpSink:
    """Runs in a thread of its own; every method may be called from any thread.

    A behaviour belongs to one recipient when `rcpt` is given, and to all others when not,
    so that checks which run side by side do not disturb each other.
    """

    def __init__(self, address: str = "127.0.0.1") -> None:
        self._port = HeldPort(address)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="smtp", daemon=True)
        self._changed = threading.Condition()
        self._behaviours: dict[str | None, Behaviour] = {None: Accept()}
        self._mails: list[Mail] = []
        self._attempts: list[Attempt] = []
        self._sessions: set[_Connection] = set()
        self._server: asyncio.Server | None = None
        self._turn = asyncio.Event()

    def start(self) -> SmtpSink:
        self._thread.start()
        self.up()
        return self

    def stop(self) -> None:
        self.down()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        self._loop.close()
        self._port.release()

    def __enter__(self) -> SmtpSink:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def port(self) -> int:
        return self._port.number

    @property
    def url(self) -> str:
        return f"smtp://{self._port.address}:{self.port}"

    # -- behaviour ------------------------------------------------------------------------

    def accept(self, rcpt: str | None = None) -> None:
        self.behave(Accept(), rcpt)

    def refuse(self, rcpt: str | None = None, code: int = 451, at: str = "data") -> None:
        self.behave(Refuse(code, "rcpt" if at == "rcpt" else "data"), rcpt)

    def tarpit(self, rcpt: str | None = None, at: Stage = "data", seconds: float = 120.0) -> None:
        self.behave(Tarpit(at, seconds), rcpt)

    def behave(self, behaviour: Behaviour, rcpt: str | None = None) -> None:
        """From now on; whoever is held in a tarpit is let go and looks again."""
        self._behaviours[_address(rcpt)] = behaviour
        self._call(self._release())

    def reset(self) -> None:
        """Up, accepting, for everybody. Kept mails stay."""
        self._behaviours = {None: Accept()}
        self.up()
        self._call(self._release())

    def down(self) -> None:
        """The port is closed: connections are refused, open ones are cut."""
        self._call(self._close())

    def up(self) -> None:
        if self._server is None:
            self._call(self._open())

    # -- what came in ---------------------------------------------------------------------

    def mails(
        self, rcpt: str | None = None, *, since: float = 0.0, acknowledged: bool = False
    ) -> list[Mail]:
        """Messages in order of arrival, to `rcpt` (any case) if given."""
        wanted = _address(rcpt)
        with self._changed:
            return [
                mail
                for mail in self._mails
                if mail.arrived >= since
                and (mail.acknowledged or not acknowledged)
                and (wanted is None or wanted in mail.recipients)
            ]

    def attempts(self, rcpt: str | None = None, *, since: float = 0.0) -> list[Attempt]:
        """Every delivery tried, refused ones too, in order."""
        wanted = _address(rcpt)
        with self._changed:
            return [
                attempt
                for attempt in self._attempts
                if attempt.at >= since and wanted in (None, attempt.recipient)
            ]

    def wait(
        self,
        rcpt: str | None = None,
        *,
        count: int = 1,
        timeout: float = 10.0,
        since: float = 0.0,
        matching: Callable[[Mail], bool] = lambda _mail: True,
    ) -> list[Mail]:
        """Returns what arrived as soon as `count` messages are there, or at the timeout.

        The caller judges the length: a missing mail is a finding, not an error of the sink.
        """

        def found() -> list[Mail]:
            return [mail for mail in self.mails(rcpt, since=since) if matching(mail)]

        return self._wait(found, count, timeout)

    def wait_attempts(
        self, rcpt: str | None = None, *, count: int = 1, timeout: float = 10.0, since: float = 0.0
    ) -> list[Attempt]:
        """Like `wait`, for tries."""
        return self._wait(lambda: self.attempts(rcpt, since=since), count, timeout)

    def _wait(self, found: Callable[[], list[T]], count: int, timeout: float) -> list[T]:
        deadline = time.monotonic() + timeout
        with self._changed:
            while len(items := found()) < count:
                left = deadline - time.monotonic()
                if left <= 0:
                    break
                self._changed.wait(left)
        return items

    # -- the server's side (on the loop's thread) -----------------------------------------

    def _call(self, work: Coroutine[Any, Any, None]) -> None:
        done: Future[None] = asyncio.run_coroutine_threadsafe(work, self._loop)
        done.result(10)

    async def _open(self) -> None:
        self._server = await self._loop.create_server(
            lambda: _Connection(self, self._sessions), sock=self._port.listener()
        )

    async def _close(self) -> None:
        server, self._server = self._server, None
        if server is not None:
            server.close()
        for connection in tuple(self._sessions):
            if isinstance(connection.transport, asyncio.WriteTransport):
                connection.transport.abort()
        await self._release()

    async def _release(self) -> None:
        turn, self._turn = self._turn, asyncio.Event()
        turn.set()

    def _behaviour(self, recipients: Iterable[str]) -> Behaviour:
        for recipient in recipients:
            if recipient in self._behaviours:
                return self._behaviours[recipient]
        return self._behaviours[None]

    async def _settle(self, stage: Stage, recipients: Iterable[str]) -> int:
        """Sits out tarpits of this stage, then says which code to answer."""
        recipients = tuple(recipients)
        deadline = self._loop.time() + 3600
        while True:
            behaviour = self._behaviour(recipients)
            if isinstance(behaviour, Refuse):
                return behaviour.code if behaviour.at == stage else 250
            if isinstance(behaviour, Accept) or behaviour.at != stage:
                return 250
            deadline = min(deadline, self._loop.time() + behaviour.seconds)
            try:
                await asyncio.wait_for(self._turn.wait(), deadline - self._loop.time())
            except TimeoutError:
                return 250

    def _record(self, attempt: Attempt) -> None:
        with self._changed:
            self._attempts.append(attempt)
            self._changed.notify_all()

    def _keep(self, mail: Mail) -> None:
        with self._changed:
            self._mails.append(mail)
            self._changed.notify_all()

    def _acknowledge(self, mail: Mail) -> None:
        with self._changed:
            mail.acknowledged = True
            self._changed.notify_all()

    def _discard(self, mail: Mail) -> None:
        with self._changed:
            self._mails.remove(mail)

    # aiosmtpd calls these by name

    async def handle_EHLO(
        self, _server: SMTP, session: Session, _envelope: Envelope, hostname: str, lines: list[str]
    ) -> list[str]:
        session.host_name = hostname
        await self._settle("ehlo", ())
        return lines

    async def handle_HELO(
        self, server: SMTP, session: Session, _envelope: Envelope, hostname: str
    ) -> str:
        session.host_name = hostname
        await self._settle("ehlo", ())
        return f"250 {server.hostname}"

    async def handle_RCPT(
        self,
        _server: SMTP,
        _session: Session,
        envelope: Envelope,
        address: str,
        _options: list[str],
    ) -> str:
        recipient = address.lower()
        code = await self._settle("rcpt", [recipient])
        if code >= 400:
            self._record(Attempt(time.time(), recipient, "rcpt", code, ""))
            return f"{code} not now"
        envelope.rcpt_tos.append(recipient)
        return "250 OK"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:
        content = envelope.content or b""
        raw = content.encode() if isinstance(content, str) else content
        mail = Mail(envelope.mail_from or "", tuple(envelope.rcpt_tos), raw, time.time())
        behaviour = self._behaviour(mail.recipients)
        kept = not (isinstance(behaviour, Refuse) and behaviour.at == "data")
        if kept:
            self._keep(mail)
        code = await self._settle("data", mail.recipients)
        for recipient in mail.recipients:
            self._record(Attempt(mail.arrived, recipient, "data", code, mail.message_id))
        if code >= 400:
            if kept:
                self._discard(mail)
            return f"{code} not now"
        self._acknowledge(mail)
        return "250 OK"


class _Connection(SMTP):
    """aiosmtpd's protocol, known to the sink while it is open."""

    def __init__(self, sink: SmtpSink, sessions: set[_Connection]) -> None:
        super().__init__(sink, hostname="sink.test", enable_SMTPUTF8=True)
        self._open_sessions = sessions

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._open_sessions.add(self)
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        self._open_sessions.discard(self)
        super().connection_lost(error)


def _address(rcpt: str | None) -> str | None:
    return None if rcpt is None else rcpt.lower()
