"""One message as the SMTP sink received it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default as default_policy
from urllib.parse import parse_qs, urlsplit

_URL = re.compile(r"https?://[^\s<>\"']+")


@dataclass
class Mail:
    """A delivered message. `arrived` is seconds on `time.time()`'s clock.

    `acknowledged` turns true when the sink has answered 250: a message of a sender that was
    killed while it waited for that answer stays unacknowledged.
    """

    sender: str
    recipients: tuple[str, ...]
    raw: bytes
    arrived: float
    acknowledged: bool = False
    message: EmailMessage = field(init=False)

    def __post_init__(self) -> None:
        self.message = message_from_bytes(self.raw, policy=default_policy)

    @property
    def message_id(self) -> str:
        return str(self.message.get("Message-ID", "")).strip()

    @property
    def subject(self) -> str:
        return str(self.message.get("Subject", ""))

    @property
    def text(self) -> str:
        """Every text part, decoded and joined."""
        parts = [part for part in self.message.walk() if part.get_content_maintype() == "text"]
        return "\n".join(str(part.get_content()) for part in parts)

    @property
    def links(self) -> list[str]:
        return [url.rstrip(".,;)") for url in _URL.findall(self.text)]

    @property
    def link(self) -> str:
        """The first link that carries a token; '' when there is none."""
        return next((url for url in self.links if "token=" in url), "")

    @property
    def token(self) -> str:
        """The token in the link's query (or fragment); '' when there is none."""
        parts = urlsplit(self.link)
        for place in (parts.query, parts.fragment):
            values = parse_qs(place).get("token")
            if values:
                return values[0]
        return ""
