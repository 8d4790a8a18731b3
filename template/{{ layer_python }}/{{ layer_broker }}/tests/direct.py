"""A worker without a broker: what the relay announces is run at once.

For the tests of what a job does; those of the transport use the real broker.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

from app.jobs.claims import Claims
from app.jobs.relay import Relay
from app.jobs.runtime import Runtime


class Direct:
    def __init__(self, runtime: Runtime) -> None:
        self._claims = Claims(runtime)
        self._pool = ThreadPoolExecutor(runtime.settings.worker_concurrency)
        self._relay = Relay(runtime.settings, self._deliver, runtime.scheduler.turn)
        self._stopping = threading.Event()

    def run(self) -> None:
        self._relay.start()
        self._stopping.wait()
        self._relay.stop()
        self._claims.finish()
        self._pool.shutdown(cancel_futures=True)

    def stop(self) -> None:
        self._claims.stop()
        self._stopping.set()

    def stalled_for(self) -> float:
        return self._relay.stalled_for()

    def _deliver(self, job_ids: Sequence[UUID]) -> None:
        for job_id in job_ids:
            self._pool.submit(self._claims.run, job_id)


def build(runtime: Runtime) -> Direct:
    return Direct(runtime)
