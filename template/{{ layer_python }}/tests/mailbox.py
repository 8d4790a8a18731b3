"""A mail server on a free port that keeps what it is sent, or refuses it."""

from __future__ import annotations

import re
import socket
import threading
from email import message_from_bytes, policy
from email.message import EmailMessage
from types import TracebackType
from typing import Any

from aiosmtpd.controller import Controller

LINK = re.compile(r"https://\S+")


class Mailbox:
    def __init__(self) -> None:
        self.messages: list[EmailMessage] = []
        self.recipients: list[str] = []
        self.refuses = False
        self._arrived = threading.Condition()
        self._port = _free_port()
        self._server = Controller(self, hostname="127.0.0.1", port=self._port)

    def __enter__(self) -> Mailbox:
        self._server.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.stop()

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self._port}"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        if self.refuses:
            return "451 try again later"
        message = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(message, EmailMessage)
        with self._arrived:
            self.messages.append(message)
            self.recipients.extend(envelope.rcpt_tos)
            self._arrived.notify_all()
        return "250 OK"

    def wait_for(self, count: int, seconds: float = 10) -> None:
        with self._arrived:
            arrived = self._arrived.wait_for(lambda: len(self.messages) >= count, seconds)
        assert arrived, f"{len(self.messages)} of {count} mails arrived"


def link_in(message: EmailMessage) -> str:
    match = LINK.search(message.get_content())
    assert match, "the mail holds a link"
    return match[0]


def token_in(message: EmailMessage) -> str:
    return link_in(message).partition("?token=")[2]


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port
