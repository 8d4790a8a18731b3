from __future__ import annotations

import threading

from app.config import Settings
from app.jobs.deadline import Deadline
from app.jobs.registry import Resources
from app.jobs.store import ClaimedJob
from tests.conftest import MakeSettings
from tests.worker import AddJob, Connection, StartWorker, WaitFor


def test_two_workers_run_each_job_once(
    settings: Settings, start_worker: StartWorker, add_job: AddJob, wait_for: WaitFor
) -> None:
    seen: list[str] = []

    def note(job: ClaimedJob, _resources: Resources, _deadline: Deadline) -> None:
        seen.append(str(job.id))

    jobs = [add_job("note") for _ in range(40)]
    start_worker(settings, {"note": note})
    start_worker(settings, {"note": note})

    for job in jobs:
        wait_for(job, "succeeded")
    assert sorted(seen) == sorted(map(str, jobs))


def test_a_job_whose_lease_has_ended_is_claimed_again(
    settings: Settings,
    start_worker: StartWorker,
    add_job: AddJob,
    wait_for: WaitFor,
    db: Connection,
) -> None:
    job_id = add_job("note")
    db.execute(
        "UPDATE jobs SET status = 'running', attempts = 1, locked_by = 'gone',"
        " locked_until = now() - interval '1 second'"
    )
    start_worker(settings, {"note": lambda *_: None})

    assert wait_for(job_id, "succeeded")["attempts"] == 2


def test_stopping_gives_back_what_does_not_end_in_time(
    make_settings: MakeSettings, start_worker: StartWorker, add_job: AddJob, wait_for: WaitFor
) -> None:
    release = threading.Event()

    def hang(_job: ClaimedJob, _resources: Resources, _deadline: Deadline) -> None:
        release.wait(20)

    job_id = add_job("hang")
    worker = start_worker(make_settings(shutdown_timeout=0.2), {"hang": hang})
    wait_for(job_id, "running")
    worker.stop()
    try:
        row = wait_for(job_id, "queued")
    finally:
        release.set()

    assert row["attempts"] == 0
