"""The sink, spoken to by the standard library's own client."""

from __future__ import annotations

import smtplib
import threading
import time
from collections.abc import Iterator
from email.message import EmailMessage

import pytest

from roadbed.verify.fakes.smtp import SmtpSink, Stage, Tarpit


@pytest.fixture
def sink() -> Iterator[SmtpSink]:
    with SmtpSink() as sink:
        yield sink


def send(sink: SmtpSink, rcpt: str = "a@example.test", number: int = 1) -> None:
    message = EmailMessage()
    message["From"], message["To"] = "app@example.test", rcpt
    message["Subject"] = "Grüße"
    message["Message-ID"] = f"<job-{number}@example.test>"
    message.set_content(f"Open https://app.example.test/verify?token=tok{number}_-x now.\n" * 2)
    with smtplib.SMTP("127.0.0.1", sink.port, timeout=5) as client:
        client.send_message(message)


def test_keeps_what_it_accepts(sink: SmtpSink) -> None:
    before = time.time()
    send(sink, "Anna@Example.test")
    (mail,) = sink.wait("anna@example.test")
    assert (mail.message_id, mail.subject) == ("<job-1@example.test>", "Grüße")
    assert mail.link == "https://app.example.test/verify?token=tok1_-x"
    assert mail.token == "tok1_-x"
    assert mail.acknowledged
    assert before <= mail.arrived <= time.time()
    assert sink.mails("somebody@else.test") == []


@pytest.mark.parametrize("stage", ["rcpt", "data"])
def test_refuses_one_recipient_and_not_the_others(sink: SmtpSink, stage: str) -> None:
    sink.refuse("a@example.test", at=stage)
    with pytest.raises((smtplib.SMTPRecipientsRefused, smtplib.SMTPDataError)):
        send(sink)
    send(sink, "b@example.test")
    assert sink.mails("a@example.test") == []
    assert len(sink.mails("b@example.test")) == 1
    assert [(a.stage, a.code) for a in sink.attempts("a@example.test")] == [(stage, 451)]
    sink.accept("a@example.test")
    send(sink)
    assert [a.code for a in sink.attempts("a@example.test")] == [451, 250]


def test_tarpit_keeps_on_arrival_and_answers_when_let_go(sink: SmtpSink) -> None:
    sink.tarpit("a@example.test")
    sender = threading.Thread(target=send, args=(sink,))
    sender.start()
    (mail,) = sink.wait("a@example.test", timeout=5)
    sender.join(0.3)
    assert sender.is_alive()
    assert not mail.acknowledged
    sink.accept("a@example.test")
    sender.join(5)
    assert not sender.is_alive()
    assert mail.acknowledged


def test_tarpit_ends_by_itself_and_holds_at_each_stage(sink: SmtpSink) -> None:
    stages: tuple[Stage, ...] = ("ehlo", "rcpt", "data")
    for number, stage in enumerate(stages):
        sink.behave(Tarpit(stage, 0.4))
        started = time.monotonic()
        send(sink, number=number)
        assert 0.4 <= time.monotonic() - started < 3
    assert len(sink.mails()) == 3


def test_a_sender_that_vanishes_leaves_its_mail_unacknowledged(sink: SmtpSink) -> None:
    sink.tarpit()
    client = smtplib.SMTP("127.0.0.1", sink.port, timeout=0.5)
    with pytest.raises((TimeoutError, smtplib.SMTPServerDisconnected)):
        client.sendmail("app@example.test", ["a@example.test"], b"Subject: x\r\n\r\nx\r\n")
    client.close()
    sink.accept()
    time.sleep(0.2)
    (mail,) = sink.mails()
    assert not mail.acknowledged


def test_down_refuses_on_a_port_that_stays_its_own(sink: SmtpSink) -> None:
    sink.down()
    with pytest.raises(ConnectionRefusedError):
        send(sink)
    sink.up()
    send(sink)
    assert len(sink.mails()) == 1


def test_waiting_gives_up_with_what_is_there(sink: SmtpSink) -> None:
    send(sink)
    started = time.monotonic()
    assert len(sink.wait("a@example.test", count=2, timeout=0.3)) == 1
    assert time.monotonic() - started < 2
