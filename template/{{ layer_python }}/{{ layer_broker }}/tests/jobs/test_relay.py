from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from uuid import UUID

import pytest

from app.config import Settings
from app.jobs.relay import BrokerUnavailable, Relay
from tests.worker import AddJob, Connection


class Broker:
    """Where announcements end up, or do not."""

    def __init__(self) -> None:
        self.away = False
        self.received: list[UUID] = []
        self._changed = threading.Condition()

    def publish(self, job_ids: Sequence[UUID]) -> None:
        if self.away:
            raise BrokerUnavailable
        with self._changed:
            self.received.extend(job_ids)
            self._changed.notify_all()

    def wait_for(self, count: int, seconds: float = 5) -> None:
        with self._changed:
            arrived = self._changed.wait_for(lambda: len(self.received) >= count, seconds)
        assert arrived, f"{len(self.received)} of {count} announcements"


@pytest.fixture
def start_relay(settings: Settings) -> Iterator[Callable[[Broker], Relay]]:
    with ExitStack() as stack:

        def start(broker: Broker) -> Relay:
            relay = Relay(settings, broker.publish, turn=lambda: None)
            stack.callback(relay.stop)
            relay.start()
            return relay

        yield start


def test_one_of_two_relays_announces_each_due_job_once(
    start_relay: Callable[[Broker], Relay], add_job: AddJob, db: Connection
) -> None:
    broker = Broker()
    jobs = [add_job("note") for _ in range(3)]
    later = add_job("note")
    db.execute("UPDATE jobs SET run_at = now() + interval '1 hour' WHERE id = %s", (later,))
    start_relay(broker)
    start_relay(broker)

    broker.wait_for(3)
    threading.Event().wait(1)
    assert sorted(broker.received) == sorted(jobs)


def test_another_relay_takes_over(start_relay: Callable[[Broker], Relay], add_job: AddJob) -> None:
    first, second = Broker(), Broker()
    leader = start_relay(first)
    add_job("note")
    first.wait_for(1)
    start_relay(second)
    leader.stop()

    second.wait_for(1)


def test_a_job_whose_lease_has_ended_is_announced(
    start_relay: Callable[[Broker], Relay], add_job: AddJob, db: Connection
) -> None:
    broker, job_id = Broker(), add_job("note")
    db.execute(
        "UPDATE jobs SET status = 'running', attempts = 1, locked_by = 'gone',"
        " locked_until = now() + interval '1 second'"
    )
    start_relay(broker)

    broker.wait_for(1)
    assert broker.received == [job_id]


def test_a_broker_that_was_away_is_told_everything(
    start_relay: Callable[[Broker], Relay], add_job: AddJob
) -> None:
    broker = Broker()
    known = add_job("note")
    start_relay(broker)
    broker.wait_for(1)
    broker.away = True
    unheard = add_job("note")
    threading.Event().wait(1)
    assert broker.received == [known]
    broker.away = False

    broker.wait_for(3)
    assert sorted(broker.received) == sorted([known, known, unheard])
