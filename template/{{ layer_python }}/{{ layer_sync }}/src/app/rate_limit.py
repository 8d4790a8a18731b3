"""Sliding-window rate limits, counted in Redis and therefore shared by every instance."""

from __future__ import annotations

from app import rate_policies
from app.config.core import CoreSettings
from app.outage import RedisDown
from app.rate_policies import Decision
from app.redis_store import RedisStore


class RateLimiter:
    def __init__(self, store: RedisStore, settings: CoreSettings) -> None:
        self._store = store
        self._script = store.client.register_script(rate_policies.SCRIPT)
        self._limits = rate_policies.limits_of(settings)

    def count(self, policy: str, key: str) -> Decision:
        """Take one from the budget if there is one left."""
        return self._decide(policy, key, cost=1)

    def peek(self, policy: str, key: str) -> Decision:
        """Whether there is one left, without taking it."""
        return self._decide(policy, key, cost=0)

    def clear(self, policy: str, key: str) -> None:
        redis_key = rate_policies.redis_key(policy, key)
        try:
            self._store.run(lambda redis: redis.delete(redis_key))
        except RedisDown:
            rate_policies.undecided(policy, self._limits[policy])

    def _decide(self, policy: str, key: str, cost: int) -> Decision:
        limit = self._limits[policy]
        keys = [rate_policies.redis_key(policy, key)]
        arguments = rate_policies.script_arguments(limit, cost)
        try:
            answer = self._store.run(lambda redis: self._script(keys, arguments, client=redis))
        except RedisDown:
            return rate_policies.undecided(policy, limit)
        return rate_policies.decided(policy, limit, answer)
