"""Sliding-window rate limits: how each is counted in Redis, and what the count means."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from importlib import resources
from typing import NamedTuple

import structlog

from app.config.core import CoreSettings, RateLimit
from app.errors import RateLimited
from app.observability.metrics import RATE_LIMIT_DECISIONS

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


def limits_of(settings: CoreSettings) -> Mapping[str, RateLimit]:
    """The limit of each policy."""
    return {
        "ip": settings.rate_limit_ip,
        "user": settings.rate_limit_user,
        "signup": settings.rate_limit_signup,
        "login": settings.rate_limit_login,
        "login_ip": settings.rate_limit_login_ip,
        "forgot": settings.rate_limit_forgot,
    }


def redis_key(policy: str, key: str) -> str:
    return f"rl:{policy}:{key}"


def script_arguments(limit: RateLimit, cost: int) -> list[str | int]:
    return [limit.limit, limit.window * 1000, uuid.uuid4().hex, cost]


def decided(policy: str, limit: RateLimit, answer: Sequence[int]) -> Decision:
    """What the script's answer says."""
    allowed, remaining, reset_ms = answer
    RATE_LIMIT_DECISIONS.labels(policy, "allowed" if allowed else "limited").inc()
    return Decision(policy, limit, bool(allowed), remaining, -(-int(reset_ms) // 1000))


def undecided(policy: str, limit: RateLimit) -> Decision:
    """Without Redis everything passes: a limiter is a comfort, and must not take the service
    down."""
    RATE_LIMIT_DECISIONS.labels(policy, "error").inc()
    return Decision(policy, limit, True, limit.limit, limit.window, counted=False)


def enforce(decision: Decision) -> None:
    """Raise RateLimited unless the request may pass."""
    if not decision.allowed:
        log.info("rate_limited", policy=decision.policy)
        raise RateLimited(decision.reset)
