"""Settings of the job queue: RabbitMQ carries the jobs' ids to the workers."""

from __future__ import annotations

from typing import Annotated

from app.config.core import url
from app.config.worker import WorkerSettings


class JobSettings(WorkerSettings):
    broker_url: Annotated[str, url("amqp", "amqps")]
