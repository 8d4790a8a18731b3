"""Settings of the job queue: Kafka carries the jobs' ids to the workers."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator

from app.config.worker import WorkerSettings

SCHEME = "kafka://"
_BROKERS = re.compile(r"kafka://[\w.\-]+:\d{1,5}(,[\w.\-]+:\d{1,5})*")


def _kafka_url(value: str) -> str:
    if not _BROKERS.fullmatch(value):
        raise ValueError("must be like kafka://host:9092 or kafka://host:9092,other:9092")
    return value


class JobSettings(WorkerSettings):
    broker_url: Annotated[str, AfterValidator(_kafka_url)]

    @property
    def bootstrap_servers(self) -> str:
        return self.broker_url.removeprefix(SCHEME)
