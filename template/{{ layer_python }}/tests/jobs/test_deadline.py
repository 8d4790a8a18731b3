from __future__ import annotations

import socket
import time

import pytest

from app.jobs.deadline import Deadline, cut_off


def test_a_deadline_that_has_passed_leaves_nothing() -> None:
    with pytest.raises(TimeoutError):
        Deadline(0).remaining()


def test_a_silent_connection_is_cut_off() -> None:
    ours, theirs = socket.socketpair()
    started = time.monotonic()
    with ours, theirs, cut_off(ours.fileno(), 0.2):
        assert ours.recv(1) == b""
    assert 0.2 <= time.monotonic() - started < 5


def test_a_connection_that_answers_in_time_lives_on() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        with cut_off(ours.fileno(), 60):
            theirs.send(b"x")
            assert ours.recv(1) == b"x"
        theirs.send(b"y")
        assert ours.recv(1) == b"y"
