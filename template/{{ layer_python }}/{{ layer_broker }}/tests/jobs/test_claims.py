from __future__ import annotations

import threading

import pytest

from app.ids import uuid7
from app.jobs.claims import Claims, Stopping
from app.jobs.deadline import Deadline
from app.jobs.registry import Resources
from app.jobs.runtime import Runtime
from app.jobs.store import ClaimedJob
from tests.conftest import MakeSettings
from tests.worker import AddJob, Connection, WaitFor


def test_the_second_message_of_a_job_runs_nothing(
    make_settings: MakeSettings, add_job: AddJob, wait_for: WaitFor
) -> None:
    seen: list[ClaimedJob] = []
    runtime = Runtime(make_settings(), {"note": lambda job, *_: seen.append(job)})
    runtime.database.open()
    claims, job_id = Claims(runtime), add_job("note")

    claims.run(job_id)
    claims.run(job_id)
    claims.run(uuid7())

    wait_for(job_id, "succeeded")
    assert len(seen) == 1
    runtime.database.close()


def test_a_worker_that_stops_claims_nothing_and_gives_back_what_runs(
    make_settings: MakeSettings, add_job: AddJob, wait_for: WaitFor, db: Connection
) -> None:
    release = threading.Event()

    def hang(_job: ClaimedJob, _resources: Resources, _deadline: Deadline) -> None:
        release.wait(20)

    runtime = Runtime(make_settings(shutdown_timeout=0.2), {"hang": hang})
    runtime.database.open()
    claims, running, waiting = Claims(runtime), add_job("hang"), add_job("hang")
    caller = threading.Thread(target=claims.run, args=(running,))
    caller.start()
    wait_for(running, "running")
    claims.finish()
    try:
        with pytest.raises(Stopping):
            claims.run(waiting)
        caller.join(5)
        assert not caller.is_alive()
    finally:
        release.set()
    for job_id in (running, waiting):
        assert wait_for(job_id, "queued")["attempts"] == 0
    runtime.database.close()
