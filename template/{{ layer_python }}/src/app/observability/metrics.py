"""Metrics in Prometheus' terms; their names and labels are what dashboards and alerts rely on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from prometheus_client import REGISTRY, Counter, Histogram
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

LATENCY_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
JOB_BUCKETS = (0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 10.0, 30.0, 60.0, 300.0)

HTTP_DURATION = Histogram(
    "http_server_request_duration_seconds",
    "Time from the first byte of a request to the last of its response.",
    ["http_request_method", "http_route", "http_response_status_code"],
    buckets=LATENCY_BUCKETS,
)
CACHE_REQUESTS = Counter("cache_requests", "Look-ups in the cache.", ["result"])
RATE_LIMIT_DECISIONS = Counter(
    "rate_limit_decisions", "Decisions of the rate limiter.", ["policy", "decision"]
)
JOBS_PROCESSED = Counter("jobs_processed", "Runs of jobs that ended.", ["job_type", "outcome"])
JOB_DURATION = Histogram(
    "job_duration_seconds", "Time that one run of a job took.", ["job_type"], buckets=JOB_BUCKETS
)

KNOWN_METHODS = frozenset(
    {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT"}
)


def method_label(method: str) -> str:
    """Anybody may invent a method; a label must not grow with what they invent."""
    return method if method in KNOWN_METHODS else "_OTHER"


class JobCounts(NamedTuple):
    """The queue as it stands: jobs by state, and the age in seconds of the oldest due one."""

    pending: int
    dead: int
    oldest_pending_age: float


class _JobGauges(Collector):
    def __init__(self, count: Callable[[], JobCounts]) -> None:
        self._count = count

    def describe(self) -> Iterator[Metric]:
        # Registering must not query: the database may still be down.
        return iter(())

    def collect(self) -> Iterator[Metric]:
        try:
            counts = self._count()
        except Exception:
            return
        yield GaugeMetricFamily("jobs_pending", "Jobs queued or running.", counts.pending)
        yield GaugeMetricFamily("jobs_dead", "Jobs that failed for good.", counts.dead)
        yield GaugeMetricFamily(
            "jobs_oldest_pending_age_seconds",
            "How long the oldest due job has been waiting.",
            counts.oldest_pending_age,
        )


def register_job_gauges(count: Callable[[], JobCounts]) -> None:
    """Expose the queue's state; `count` is called at every scrape."""
    REGISTRY.register(_JobGauges(count))
