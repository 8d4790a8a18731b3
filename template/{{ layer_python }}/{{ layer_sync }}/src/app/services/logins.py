"""Checking a password, slowly for everyone and not for ever for anyone."""

from __future__ import annotations

import structlog

from app.db import Database, fetch_one
from app.hashing import Hashing
from app.models import User
from app.rate_limit import RateLimiter
from app.rate_policies import enforce
from app.repositories import users
from app.rules.accounts import login_failed, login_keys

log = structlog.get_logger(__name__)


class LoginService:
    def __init__(self, db: Database, limiter: RateLimiter, hashing: Hashing) -> None:
        self._db = db
        self._limiter = limiter
        self._hashing = hashing

    def check(self, email: str, password: str, client_ip: str) -> User:
        """The user whose password this is. Raises InvalidCredentials or RateLimited.

        Only failures are counted.
        """
        with self._db.connection() as conn:
            user = fetch_one(conn, users.get_by_email(email))
        keys = login_keys(email, client_ip)
        # Inside the slot, or a burst would be let through before its first failure is counted.
        with self._hashing.slot():
            enforce(self._limiter.peek("login", keys.pair))
            enforce(self._limiter.peek("login_ip", keys.ip))
            if self._hashing.verify(user.password_hash if user else None, password):
                assert user is not None
                self._limiter.clear("login", keys.pair)
                log.info("login_succeeded", user_id=str(user.id))
                return user
            self._limiter.count("login", keys.pair)
            self._limiter.count("login_ip", keys.ip)
        raise login_failed(email, user)
