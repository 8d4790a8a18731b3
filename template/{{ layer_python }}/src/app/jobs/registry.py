"""What a handler is given, and which handler runs which job."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from app.config import Settings
from app.jobs.database import Database
from app.jobs.deadline import Deadline
from app.jobs.store import ClaimedJob


class Resources(NamedTuple):
    settings: Settings
    database: Database


# A handler may run more than once for one job: its effect has to bear that. It returns what the
# job's owner may see as its result, and keeps its deadline in everything that may block.
Handler = Callable[[ClaimedJob, Resources, Deadline], dict[str, Any] | None]
Registry = Mapping[str, Handler]


class HopelessJob(Exception):
    """Raised by a handler when trying the same job again cannot help."""
