"""A dependency that may be gone: left alone for a moment after each failure, and told of rarely."""

from __future__ import annotations

import time

import structlog

REST_SECONDS = 1.0
WARN_EVERY_SECONDS = 10.0

log = structlog.get_logger(__name__)


class RedisDown(Exception):
    """Redis did not answer in time, is resting after it did not, or refused a command."""


class Outage:
    """After a failure everything fails at once for a second, so that a hung Redis costs a request
    one timeout and not one per command."""

    def __init__(self) -> None:
        self._resting_until = 0.0
        self._warned = -WARN_EVERY_SECONDS

    @property
    def resting(self) -> bool:
        return time.monotonic() < self._resting_until

    def begin(self, error: Exception) -> None:
        now = time.monotonic()
        self._resting_until = now + REST_SECONDS
        if now - self._warned >= WARN_EVERY_SECONDS:
            self._warned = now
            log.warning("redis_unavailable", error=type(error).__name__)

    def end(self) -> None:
        self._resting_until = 0.0
