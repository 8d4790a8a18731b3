from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from uuid import uuid4

import pytest

from app.config import Settings
from app.jobs.publisher import Publisher
from app.jobs.registry import Registry
from app.jobs.runtime import Runtime
from app.jobs.store import ClaimedJob
from app.jobs.transport import KafkaLoop
from tests.broker import BROKER
from tests.conftest import MakeSettings
from tests.worker import AddJob, WaitFor

StartLoop = Callable[[Registry], KafkaLoop]


@pytest.fixture
def on_broker(make_settings: MakeSettings) -> Settings:
    return make_settings(broker_url=BROKER, service_name=f"test-{uuid4().hex}")


@pytest.fixture
def start_loop(on_broker: Settings) -> Iterator[StartLoop]:
    """Starts a worker on the real broker, in a thread of this process."""
    with ExitStack() as stack:

        def start(handlers: Registry) -> KafkaLoop:
            runtime = Runtime(on_broker, handlers)
            runtime.database.open()
            loop = KafkaLoop(runtime)
            thread = threading.Thread(target=loop.run, daemon=True)
            stack.callback(runtime.database.close)
            stack.callback(thread.join, 30)
            stack.callback(loop.stop)
            thread.start()
            return loop

        yield start


def test_two_workers_run_each_job_once(
    start_loop: StartLoop, add_job: AddJob, wait_for: WaitFor
) -> None:
    seen: list[ClaimedJob] = []
    jobs = [add_job("note") for _ in range(20)]
    for _ in range(2):
        start_loop({"note": lambda job, *_: seen.append(job)})

    for job in jobs:
        wait_for(job, "succeeded", 30)
    assert sorted(job.id for job in seen) == sorted(jobs)


def test_a_message_that_comes_twice_runs_its_job_once(
    start_loop: StartLoop, on_broker: Settings, add_job: AddJob, wait_for: WaitFor
) -> None:
    seen: list[ClaimedJob] = []
    twice = add_job("note")
    start_loop({"note": lambda job, *_: seen.append(job)})
    wait_for(twice, "succeeded", 30)
    Publisher(on_broker)([twice])
    wait_for(add_job("note"), "succeeded", 20)

    assert [job.id for job in seen].count(twice) == 1
