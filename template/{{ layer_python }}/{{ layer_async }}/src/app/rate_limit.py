"""Sliding-window rate limits, counted in Redis and therefore shared by every instance.

Without Redis everything is allowed: a limiter is a comfort, and must not take the service down.
"""

from __future__ import annotations

import uuid
from importlib import resources
from typing import NamedTuple

import structlog

from app.config.core import CoreSettings, RateLimit
from app.errors import RateLimited
from app.observability.metrics import RATE_LIMIT_DECISIONS
from app.redis_store import RedisDown, RedisStore

log = structlog.get_logger(__name__)

SCRIPT = resources.files("app").joinpath("ratelimit.lua").read_text("utf-8")


class Decision(NamedTuple):
    """Whether a request may pass, and what is left of its budget; `reset` is in seconds."""

    policy: str
    limit: RateLimit
    allowed: bool
    remaining: int
    reset: int
    counted: bool = True

    @property
    def headers(self) -> dict[str, str]:
        """As in draft-ietf-httpapi-ratelimit-headers; none if Redis could not be asked."""
        if not self.counted:
            return {}
        return {
            "RateLimit-Policy": f'"{self.policy}";q={self.limit.limit};w={self.limit.window}',
            "RateLimit": f'"{self.policy}";r={self.remaining};t={self.reset}',
        }


class RateLimiter:
    def __init__(self, store: RedisStore, settings: CoreSettings) -> None:
        self._store = store
        self._script = store.client.register_script(SCRIPT)
        self._limits = {
            "ip": settings.rate_limit_ip,
            "user": settings.rate_limit_user,
            "signup": settings.rate_limit_signup,
            "login": settings.rate_limit_login,
            "login_ip": settings.rate_limit_login_ip,
            "forgot": settings.rate_limit_forgot,
        }

    async def count(self, policy: str, key: str) -> Decision:
        """Take one from the budget if there is one left."""
        return await self._decide(policy, key, cost=1)

    async def peek(self, policy: str, key: str) -> Decision:
        """Whether there is one left, without taking it."""
        return await self._decide(policy, key, cost=0)

    async def clear(self, policy: str, key: str) -> None:
        try:
            await self._store.run(lambda redis: redis.delete(_redis_key(policy, key)))
        except RedisDown:
            RATE_LIMIT_DECISIONS.labels(policy, "error").inc()

    async def _decide(self, policy: str, key: str, cost: int) -> Decision:
        limit = self._limits[policy]
        arguments: list[str | int] = [limit.limit, limit.window * 1000, uuid.uuid4().hex, cost]
        try:
            allowed, remaining, reset_ms = await self._store.run(
                lambda redis: self._script([_redis_key(policy, key)], arguments, client=redis)
            )
        except RedisDown:
            RATE_LIMIT_DECISIONS.labels(policy, "error").inc()
            return Decision(policy, limit, True, limit.limit, limit.window, counted=False)
        RATE_LIMIT_DECISIONS.labels(policy, "allowed" if allowed else "limited").inc()
        return Decision(policy, limit, bool(allowed), remaining, -(-int(reset_ms) // 1000))


def enforce(decision: Decision) -> None:
    """Raise RateLimited unless the request may pass."""
    if not decision.allowed:
        log.info("rate_limited", policy=decision.policy)
        raise RateLimited(decision.reset)


def _redis_key(policy: str, key: str) -> str:
    return f"rl:{policy}:{key}"
