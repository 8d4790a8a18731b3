from __future__ import annotations

import pytest

from app.ids import uuid7
from app.jobs import announcements
from app.jobs.announcements import Announcements


class Clock:
    now = 1_000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(announcements, "time", clock)
    return clock


def test_a_job_is_announced_again_after_pauses_that_double(clock: Clock) -> None:
    known, job = Announcements(), (uuid7(), 0)
    moments = []
    for second in range(1_000):
        clock.now = 1_000.0 + second
        if chosen := known.select([job]):
            moments.append(second)
            known.note(chosen)

    assert moments == [0, 10, 30, 70, 150, 310, 610, 910]


def test_what_was_not_confirmed_is_still_to_be_announced(clock: Clock) -> None:
    known, job = Announcements(), (uuid7(), 0)

    assert known.select([job]) == [job]
    assert known.select([job]) == [job]


def test_a_new_attempt_is_announced_at_once(clock: Clock) -> None:
    known, job_id = Announcements(), uuid7()
    known.note(known.select([(job_id, 0)]))

    assert known.select([(job_id, 1)]) == [(job_id, 1)]


def test_a_job_that_was_not_due_meanwhile_is_announced_at_once(clock: Clock) -> None:
    known, job = Announcements(), (uuid7(), 0)
    known.note(known.select([job]))
    known.select([])

    assert known.select([job]) == [job]
