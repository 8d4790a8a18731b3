"""Accounts: from sign-up to deletion, and every way a password changes."""

from __future__ import annotations

from uuid import UUID

import structlog

from app.cache import PostCache
from app.db import Database, execute, fetch_one, fetch_value, fetch_values
from app.errors import EmailTaken, NotFound, TokenInvalid, Unauthenticated
from app.hashing import Hashing
from app.jobs import types
from app.models import User
from app.rate_limit import RateLimiter
from app.repositories import email_tokens, posts, users
from app.rules.accounts import hash_email, refuse_email_as_password
from app.security.credentials import Credentials
from app.security.opaque import hash_token
from app.services.jobs import JobService
from app.services.logins import LoginService
from app.services.sessions import SessionService

log = structlog.get_logger(__name__)


class AccountService:
    def __init__(
        self,
        db: Database,
        cache: PostCache,
        limiter: RateLimiter,
        hashing: Hashing,
        jobs: JobService,
        logins: LoginService,
        sessions: SessionService,
    ) -> None:
        self._db = db
        self._cache = cache
        self._limiter = limiter
        self._hashing = hashing
        self._jobs = jobs
        self._logins = logins
        self._sessions = sessions

    async def sign_up(self, email: str, name: str, password: str) -> User:
        password_hash = await self._hashing.hash(password)
        async with self._db.transaction() as conn:
            user = await fetch_one(conn, users.add(email, name, password_hash))
            if user is None:
                raise EmailTaken
            await self._jobs.enqueue(conn, types.SEND_VERIFICATION_EMAIL, user.id)
        return user

    async def get(self, user_id: UUID) -> User:
        async with self._db.connection() as conn:
            user = await fetch_one(conn, users.get(user_id))
        if user is None:
            raise NotFound
        return user

    async def verify_email(self, token: str) -> None:
        async with self._db.transaction() as conn:
            purpose = email_tokens.VERIFY_EMAIL
            user_id = await fetch_value(conn, email_tokens.find_owner(hash_token(token), purpose))
            if user_id is None:
                raise TokenInvalid
            await execute(conn, email_tokens.delete_all(user_id, purpose))
            await execute(conn, users.mark_verified(user_id))

    async def forgot_password(self, email: str) -> None:
        """Have a reset mail sent if the email is known; take equally long if it is not."""
        decision = await self._limiter.count("forgot", hash_email(email))
        async with self._db.transaction() as conn:
            user = await fetch_one(conn, users.get_by_email(email))
            # A job for nobody sends nothing, but costs the same as one for somebody.
            recipient = user.id if user and decision.allowed else None
            await self._jobs.enqueue(conn, types.SEND_PASSWORD_RESET, recipient)

    async def reset_password(self, token: str, new_password: str) -> None:
        password_hash = await self._hashing.hash(new_password)
        async with self._db.transaction() as conn:
            purpose = email_tokens.RESET_PASSWORD
            user_id = await fetch_value(conn, email_tokens.find_owner(hash_token(token), purpose))
            user = await fetch_one(conn, users.lock(user_id)) if user_id else None
            if user is None:
                raise TokenInvalid
            refuse_email_as_password(new_password, user.email)
            await execute(conn, email_tokens.delete_all(user.id, purpose))
            await fetch_one(conn, users.set_password(user.id, password_hash))
            await self._sessions.revoke_all(conn, user.id)
        log.info("password_reset", user_id=str(user.id))

    async def change_password(
        self, user_id: UUID, current_password: str, new_password: str, client_ip: str
    ) -> Credentials:
        """Replace the password; everything signed in before is out, the caller starts afresh."""
        email = (await self.get(user_id)).email
        refuse_email_as_password(new_password, email)
        known = await self._logins.check(email, current_password, client_ip)
        password_hash = await self._hashing.hash(new_password)
        async with self._db.transaction() as conn:
            user = await fetch_one(conn, users.lock(user_id))
            if user is None or user.token_version != known.token_version:
                raise Unauthenticated
            await self._sessions.revoke_all(conn, user_id)
            changed = await fetch_one(conn, users.set_password(user_id, password_hash))
            assert changed is not None
            return await self._sessions.open(conn, changed)

    async def sign_out_everywhere(self, user_id: UUID) -> None:
        async with self._db.transaction() as conn:
            await execute(conn, users.revoke_access(user_id))
            await self._sessions.revoke_all(conn, user_id)

    async def delete(self, user_id: UUID) -> None:
        async with self._db.transaction() as conn:
            await fetch_one(conn, users.lock(user_id))
            post_ids = await fetch_values(conn, posts.delete_by_author(user_id))
            await execute(conn, users.delete(user_id))
        await self._cache.drop(*post_ids)
        log.info("user_deleted", user_id=str(user_id))
