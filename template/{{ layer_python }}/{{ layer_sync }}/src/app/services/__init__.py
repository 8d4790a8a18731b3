"""Decisions: each service is given what it needs, and begins and ends its transactions."""

from __future__ import annotations

from dataclasses import dataclass

from app.cache import PostCache
from app.config import Settings
from app.db import Database
from app.hashing import Hashing
from app.rate_limit import RateLimiter
from app.redis_store import RedisStore
from app.services.accounts import AccountService
from app.services.jobs import JobService
from app.services.logins import LoginService
from app.services.posts import PostService
from app.services.sessions import SessionService


@dataclass(frozen=True, slots=True)
class Services:
    db: Database
    redis: RedisStore
    limiter: RateLimiter
    accounts: AccountService
    jobs: JobService
    logins: LoginService
    posts: PostService
    sessions: SessionService

    def open(self) -> None:
        self.db.open()

    def close(self) -> None:
        self.redis.close()
        self.db.close()


def build_services(settings: Settings) -> Services:
    """Wire the services; nothing connects before `open`."""
    db = Database(settings)
    redis = RedisStore(settings)
    limiter = RateLimiter(redis, settings)
    cache = PostCache(redis, settings)
    hashing = Hashing()
    jobs = JobService(db, settings)
    logins = LoginService(db, limiter, hashing)
    sessions = SessionService(db, redis, settings)
    accounts = AccountService(db, cache, limiter, hashing, jobs, logins, sessions)
    return Services(db, redis, limiter, accounts, jobs, logins, PostService(db, cache), sessions)
