"""Mail over SMTP, sent by the worker."""

from __future__ import annotations

import smtplib
import ssl
from contextlib import closing, suppress
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import localtime
from urllib.parse import unquote, urlsplit
from uuid import UUID

from app.config import Settings
from app.jobs.deadline import Deadline, cut_off

REPLY_SECONDS = 20.0
DEFAULT_PORTS = {"smtp": 25, "smtps": 465}


class MailError(Exception):
    """The mail was not accepted. Says what happened without the server's words or any address."""


def compose(
    settings: Settings, job_id: UUID, recipient: str, subject: str, body: str
) -> EmailMessage:
    """A plain-text message; the same job always gives the same Message-ID."""
    message = EmailMessage()
    message["From"] = settings.mail_from
    message["To"] = Address(addr_spec=recipient)
    message["Subject"] = subject
    message["Date"] = localtime()
    message["Message-ID"] = f"<job-{job_id}@{_domain(settings)}>"
    # Links are longer than a line of quoted-printable, which would break them for simple readers.
    message.set_content(body, cte="8bit")
    return message


def send(settings: Settings, message: EmailMessage, recipient: str, deadline: Deadline) -> None:
    """Hand the message to the mail server, or raise MailError by the deadline.

    Over smtp:// the connection is encrypted if the server offers it, over smtps:// always;
    credentials are never sent in clear.
    """
    try:
        with closing(_connect(settings, deadline)) as server:
            assert server.sock is not None, "connected"
            with cut_off(server.sock.fileno(), deadline.remaining()):
                _authenticate(server, settings)
                server.send_message(message, settings.mail_from, [recipient])
            _say_goodbye(server)
    except smtplib.SMTPRecipientsRefused as error:
        codes = sorted({code for code, _ in error.recipients.values()})
        raise MailError(f"the mail server refused the recipient: {codes}") from None
    except smtplib.SMTPResponseException as error:
        raise MailError(f"the mail server answered {error.smtp_code}") from None
    except (smtplib.SMTPException, OSError) as error:
        raise MailError(f"no use of the mail server: {type(error).__name__}") from None


def _connect(settings: Settings, deadline: Deadline) -> smtplib.SMTP:
    url = urlsplit(settings.smtp_url)
    host = url.hostname or ""
    port = url.port or DEFAULT_PORTS[url.scheme]
    timeout = min(REPLY_SECONDS, deadline.remaining())
    # Named here because smtplib would look our own name up, which can take longer than all else.
    name = _domain(settings)
    if url.scheme == "smtps":
        context = ssl.create_default_context()
        return smtplib.SMTP_SSL(host, port, name, timeout=timeout, context=context)
    return smtplib.SMTP(host, port, name, timeout=timeout)


def _authenticate(server: smtplib.SMTP, settings: Settings) -> None:
    url = urlsplit(settings.smtp_url)
    encrypted = url.scheme == "smtps"
    server.ehlo_or_helo_if_needed()
    if not encrypted and server.has_extn("starttls"):
        server.starttls(context=ssl.create_default_context())
        encrypted = True
    if url.username:
        if not encrypted:
            raise MailError("the mail server offers no encryption, so it gets no password")
        server.login(unquote(url.username), unquote(url.password or ""))


def _say_goodbye(server: smtplib.SMTP) -> None:
    # The mail is accepted: whatever happens now must not look like a failure, nor take time.
    with suppress(smtplib.SMTPException, OSError):
        server.putcmd("quit")


def _domain(settings: Settings) -> str:
    return settings.mail_from.rpartition("@")[2]
