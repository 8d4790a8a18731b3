"""Settings of background jobs and the worker that runs them."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, ValidationInfo, field_validator

from app.config.core import CoreSettings, Count, Seconds, WholeSeconds


def _smtp_url(value: str) -> str:
    try:
        parts = urlsplit(value)
        valid = parts.scheme in ("smtp", "smtps") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        valid = False
    if not valid:
        raise ValueError("must be a URL such as smtp://user:password@host:587")
    return value


class WorkerSettings(CoreSettings):
    smtp_url: Annotated[str, AfterValidator(_smtp_url)]
    mail_from: Annotated[str, Field(pattern=r"^[^@\s]+@[^@\s]+$")]

    job_max_attempts: Count = 15
    job_backoff_base: Seconds = 5
    job_backoff_max: Seconds = 3_600
    job_timeout: Seconds = 60
    job_lease: Annotated[Seconds, Field(validate_default=True)] = 90
    job_retention: WholeSeconds = 604_800
    purge_interval: WholeSeconds = 3_600
    worker_concurrency: Count = 10

    @field_validator("job_lease")
    @classmethod
    def _outlives_the_job(cls, value: float, info: ValidationInfo) -> float:
        # A lease that ends before the job may is a job that two workers run at once.
        if value <= info.data.get("job_timeout", 0):
            raise ValueError("must be longer than JOB_TIMEOUT")
        return value
