"""Checking a password, slowly for everyone and not for ever for anyone."""

from __future__ import annotations

import hashlib

import structlog

from app.db import Database
from app.errors import InvalidCredentials
from app.hashing import Hashing
from app.models import User
from app.rate_limit import RateLimiter, enforce
from app.repositories import users
from app.security.client_ip import rate_limit_key

log = structlog.get_logger(__name__)


class LoginService:
    def __init__(self, db: Database, limiter: RateLimiter, hashing: Hashing) -> None:
        self._db = db
        self._limiter = limiter
        self._hashing = hashing

    async def check(self, email: str, password: str, client_ip: str) -> User:
        """The user whose password this is. Raises InvalidCredentials or RateLimited.

        Only failures are counted: against the pair of email and address, which stops guessing
        without locking the owner out, and against the address, which stops trying many emails.
        """
        async with self._db.connection() as conn:
            user = await users.get_by_email(conn, email)
        email_hash = hash_email(email)
        ip = rate_limit_key(client_ip)
        pair = f"{email_hash}:{ip}"
        # Inside the slot, or a burst would be let through before its first failure is counted.
        async with self._hashing.slot():
            enforce(await self._limiter.peek("login", pair))
            enforce(await self._limiter.peek("login_ip", ip))
            if await self._hashing.verify(user.password_hash if user else None, password):
                assert user is not None
                await self._limiter.clear("login", pair)
                log.info("login_succeeded", user_id=str(user.id))
                return user
            await self._limiter.count("login", pair)
            await self._limiter.count("login_ip", ip)
        log.info("login_failed", email_hash=email_hash, **_id_of(user))
        raise InvalidCredentials


def hash_email(email: str) -> str:
    return hashlib.sha256(email.encode()).hexdigest()


def _id_of(user: User | None) -> dict[str, str]:
    return {"user_id": str(user.id)} if user else {}
