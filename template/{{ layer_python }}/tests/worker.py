"""A worker in threads of this process, and jobs to give it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any, TypeAlias
from uuid import UUID

import psycopg
import pytest
from psycopg.types.json import Jsonb

from app.config import Settings
from app.ids import uuid7
from app.jobs.database import Database
from app.jobs.registry import Registry
from app.jobs.runtime import Loop, Runtime
from tests.queue_settings import build

Connection: TypeAlias = psycopg.Connection[dict[str, Any]]
AddJob: TypeAlias = Callable[..., UUID]
WaitFor: TypeAlias = Callable[..., dict[str, Any]]
StartWorker: TypeAlias = Callable[..., Loop]


@pytest.fixture
def database(settings: Settings) -> Iterator[Database]:
    database = Database(settings)
    database.open()
    yield database
    database.close()


@pytest.fixture
def add_job(db: Connection) -> AddJob:
    def add(
        job_type: str,
        user_id: UUID | None = None,
        payload: Any = None,
        max_attempts: int = 3,
        dedupe_key: str | None = None,
    ) -> UUID:
        job_id = uuid7()
        db.execute(
            "INSERT INTO jobs (id, type, user_id, payload, max_attempts, dedupe_key)"
            " VALUES (%s, %s, %s, %s, %s, %s)",
            (job_id, job_type, user_id, Jsonb(payload or {}), max_attempts, dedupe_key),
        )
        return job_id

    return add


@pytest.fixture
def wait_for(db: Connection) -> WaitFor:
    """The job's row once it has the status; fails if that takes too long."""

    def wait(job_id: UUID, status: str, seconds: float = 10) -> dict[str, Any]:
        ends_at = time.monotonic() + seconds
        row = None
        while time.monotonic() < ends_at:
            row = db.execute("SELECT * FROM jobs WHERE id = %s", (job_id,)).fetchone()
            if row and row["status"] == status:
                return row
            time.sleep(0.02)
        raise AssertionError(f"the job is not {status}: {row}")

    return wait


@pytest.fixture
def start_worker() -> Iterator[StartWorker]:
    """Starts workers that know the given handlers; the test's end stops them."""
    running: list[tuple[Loop, threading.Thread, Database]] = []

    def start(settings: Settings, handlers: Registry) -> Loop:
        runtime = Runtime(settings, handlers)
        runtime.database.open()
        loop = build(runtime)
        thread = threading.Thread(target=loop.run, daemon=True)
        thread.start()
        running.append((loop, thread, runtime.database))
        return loop

    yield start

    for loop, _, _ in running:
        loop.stop()
    for _, thread, database in running:
        thread.join(30)
        database.close()
        assert not thread.is_alive(), "a worker did not stop"
