from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from uuid import uuid4

import pytest
from celery.worker import WorkController, state

from app.jobs.registry import Registry
from app.jobs.store import ClaimedJob
from app.jobs.transport import JobApp
from tests.broker import BROKER
from tests.conftest import MakeSettings
from tests.worker import AddJob, WaitFor

StartCelery = Callable[..., JobApp]


@pytest.fixture
def start_celery(make_settings: MakeSettings) -> Iterator[StartCelery]:
    """Starts a worker on the real broker, in a thread of this process."""
    with ExitStack() as stack:

        def start(
            handlers: Registry, define_tasks: Callable[[JobApp], None] = lambda _: None
        ) -> JobApp:
            name = f"test-{uuid4().hex}"
            settings = make_settings(broker_url=BROKER, service_name=name, admin_port=free_port())
            app = JobApp(settings, handlers)
            app.set_default()  # what runs in the pool's threads looks for it there
            define_tasks(app)
            # Without the program around it, which would handle this process's signals.
            worker = WorkController(app=app, hostname=f"{name}@test", without_gossip=True)
            thread = threading.Thread(target=worker.start, daemon=True)
            stack.callback(stop, thread)
            thread.start()
            return app

        yield start


def stop(thread: threading.Thread) -> None:
    state.should_stop = 0  # type: ignore[assignment]
    thread.join(30)
    state.should_stop = None
    assert not thread.is_alive(), "the worker did not stop"


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def test_a_job_reaches_its_handler(
    start_celery: StartCelery, add_job: AddJob, wait_for: WaitFor
) -> None:
    job_id = add_job("answer")
    start_celery({"answer": lambda *_: {"answer": 42}})

    assert wait_for(job_id, "succeeded", 20)["result"] == {"answer": 42}


def test_a_message_that_comes_twice_runs_its_job_once(
    start_celery: StartCelery, add_job: AddJob, wait_for: WaitFor
) -> None:
    seen: list[ClaimedJob] = []
    twice = add_job("note")
    app = start_celery({"note": lambda job, *_: seen.append(job)})
    wait_for(twice, "succeeded", 20)
    app.tasks["run_job"].delay(str(twice))
    wait_for(add_job("note"), "succeeded")

    assert [job.id for job in seen].count(twice) == 1


def test_a_task_of_celery_alone_runs_beside_the_jobs(start_celery: StartCelery) -> None:
    done = threading.Event()

    def define_tasks(app: JobApp) -> None:
        @app.task(name="own", shared=False)
        def own() -> None:
            done.set()

    start_celery({}, define_tasks).send_task("own")

    assert done.wait(20)
