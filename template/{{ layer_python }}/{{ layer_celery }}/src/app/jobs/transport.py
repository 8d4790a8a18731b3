"""How jobs reach this process: the relay publishes their ids, and Celery brings them."""

from __future__ import annotations

from functools import cached_property
from typing import Any, cast
from uuid import UUID

from celery import Celery, Task, signals
from celery.exceptions import Reject

from app.config import Settings
from app.jobs import broker
from app.jobs.claims import Claims, Stopping
from app.jobs.handlers import HANDLERS
from app.jobs.publisher import Publisher
from app.jobs.registry import Registry
from app.jobs.relay import Relay
from app.jobs.runtime import Runtime
from app.jobs.steps import Around, Consumer, Reconnected, Worker
from app.observability import logging


class JobApp(Celery):
    """A Celery application whose workers also run the relay, the probes and the metrics.

    Nothing runs or connects until a worker starts.
    """

    def __init__(self, settings: Settings, handlers: Registry = HANDLERS) -> None:
        super().__init__(settings.service_name)
        self.conf.update(configuration(settings))
        self.autodiscover_tasks(["app.jobs"])
        self.steps["worker"].add(Around)
        self.steps["consumer"].add(Reconnected)
        self.runtime = Runtime(settings, handlers)
        self.claims = Claims(self.runtime)
        publish = Publisher(self, self._task())
        self.relay = Relay(settings, publish, self.runtime.scheduler.turn)
        signals.setup_logging.connect(lambda **_: logging.configure(settings), weak=False)

    @cached_property
    def Worker(self) -> type[Worker]:
        return cast(type[Worker], self.subclass_with_self(Worker))

    def _task(self) -> Task[..., None]:
        @self.task(name="run_job", shared=False)
        def run_job(job_id: str) -> None:
            try:
                self.claims.run(UUID(job_id))
            except Stopping:
                raise Reject(requeue=True) from None

        return run_job


def configuration(settings: Settings) -> dict[str, Any]:
    """Celery's own settings; everything is named after the service."""
    name = settings.service_name
    return {
        "broker_url": settings.broker_url,
        "broker_connection_retry_on_startup": True,
        "broker_connection_max_retries": None,
        "task_default_queue": name,
        "task_default_exchange": name,
        "task_default_routing_key": name,
        "task_acks_late": True,
        "task_ignore_result": True,
        "task_serializer": "json",
        "accept_content": ["json"],
        "worker_pool": "threads",
        "worker_concurrency": settings.worker_concurrency,
        "worker_prefetch_multiplier": 1,
        "worker_cancel_long_running_tasks_on_connection_loss": False,
        "worker_consumer": Consumer,
        **broker.CONFIGURATION,
    }
