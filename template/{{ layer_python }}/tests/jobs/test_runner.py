from __future__ import annotations

import threading
import time
from typing import Any, NoReturn
from uuid import UUID

import pytest

from app.config import Settings
from app.jobs.deadline import Deadline
from app.jobs.registry import HopelessJob, Resources
from app.jobs.store import ClaimedJob
from tests.conftest import MakeSettings
from tests.worker import AddJob, Connection, StartWorker, WaitFor


def crash(_job: ClaimedJob, _resources: Resources, _deadline: Deadline) -> NoReturn:
    raise RuntimeError("boom")


def give_up(_job: ClaimedJob, _resources: Resources, _deadline: Deadline) -> NoReturn:
    raise HopelessJob("no such thing")


def test_a_job_that_keeps_failing_is_dead_after_its_last_attempt(
    settings: Settings, start_worker: StartWorker, add_job: AddJob, wait_for: WaitFor
) -> None:
    job_id = add_job("crash", max_attempts=3)
    start_worker(settings, {"crash": crash})

    row = wait_for(job_id, "dead")

    assert row["attempts"] == 3
    assert row["last_error"] == "RuntimeError: boom"
    assert row["finished_at"] is not None


@pytest.mark.parametrize(
    ("job_type", "payload"), [("give_up", {}), ("crash", ["not", "an", "object"])]
)
def test_a_hopeless_job_is_not_tried_again(
    settings: Settings,
    start_worker: StartWorker,
    add_job: AddJob,
    wait_for: WaitFor,
    job_type: str,
    payload: Any,
) -> None:
    job_id = add_job(job_type, payload=payload)
    start_worker(settings, {"give_up": give_up, "crash": crash})

    assert wait_for(job_id, "dead")["attempts"] == 1


def test_a_job_of_unknown_type_does_not_stop_those_behind_it(
    settings: Settings, start_worker: StartWorker, add_job: AddJob, wait_for: WaitFor
) -> None:
    unknown, known = add_job("from_tomorrow"), add_job("answer")
    start_worker(settings, {"answer": lambda *_: {"answer": 42}})

    assert wait_for(known, "succeeded")["result"] == {"answer": 42}
    wait_for(unknown, "dead")


def test_a_run_that_takes_too_long_is_tried_again_and_its_late_result_is_ignored(
    make_settings: MakeSettings, start_worker: StartWorker, add_job: AddJob, wait_for: WaitFor
) -> None:
    settings = make_settings(job_timeout=1, job_lease=1.4)
    second_began, first_ended = threading.Event(), threading.Event()

    def hang_once(job: ClaimedJob, _resources: Resources, _deadline: Deadline) -> dict[str, Any]:
        if job.attempts == 1:
            second_began.wait(20)
            first_ended.set()
        else:
            second_began.set()
            first_ended.wait(20)
            time.sleep(0.3)  # the first run's result comes while the second holds the claim
        return {"attempt": job.attempts}

    job_id = add_job("hang_once")
    start_worker(settings, {"hang_once": hang_once})

    assert wait_for(job_id, "succeeded")["result"] == {"attempt": 2}


def test_a_job_that_killed_every_worker_is_dead(
    settings: Settings,
    start_worker: StartWorker,
    add_job: AddJob,
    wait_for: WaitFor,
    db: Connection,
) -> None:
    job_id: UUID = add_job("crash", max_attempts=2)
    db.execute(
        "UPDATE jobs SET status = 'running', attempts = 2, locked_by = 'gone',"
        " locked_until = now() - interval '1 second'"
    )
    start_worker(settings, {"crash": crash})

    assert wait_for(job_id, "dead")["last_error"] == "the last attempt never ended"
