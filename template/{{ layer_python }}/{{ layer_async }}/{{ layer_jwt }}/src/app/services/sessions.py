"""Signed-in clients: short-lived access tokens, renewed by a refresh token that is used once."""

from __future__ import annotations

from uuid import UUID

import structlog

from app.config import Settings
from app.db import Connection, Database, execute, fetch_one, fetch_value
from app.errors import InvalidCredentials
from app.models import User
from app.redis_store import RedisStore
from app.repositories import refresh_tokens, users
from app.rules.sessions import Issuer, RefreshInvalid, speaks_for
from app.security.credentials import Credentials
from app.security.opaque import hash_token

log = structlog.get_logger(__name__)


class SessionService:
    def __init__(self, db: Database, _store: RedisStore, settings: Settings) -> None:
        self._db = db
        self._issuer = Issuer(settings)

    async def authenticate(self, access_token: str) -> UUID | None:
        """The user whom the token still speaks for."""
        claims = self._issuer.claims_of(access_token)
        if claims is None:
            return None
        async with self._db.connection() as conn:
            standing = await fetch_one(conn, users.get_standing(claims.user_id))
        return speaks_for(claims, standing)

    async def sign_in(self, user: User, _previous: str | None) -> Credentials:
        """Begin a family of refresh tokens for a user whose password was just checked."""
        async with self._db.transaction() as conn:
            current = await fetch_one(conn, users.lock(user.id))
            # The password may have been reset since it was checked.
            if current is None or current.token_version != user.token_version:
                raise InvalidCredentials
            return await self.open(conn, current)

    async def open(self, conn: Connection, user: User) -> Credentials:
        credentials, added = self._issuer.begin_family(user)
        await execute(conn, added)
        return credentials

    async def refresh(self, refresh_token: str) -> Credentials:
        """Exchange the token. One that was used before costs its whole family: either the thief
        or the owner is holding a copy, and nobody can tell which."""
        token_hash = hash_token(refresh_token)
        async with self._db.transaction() as conn:
            user = await self._lock_owner(conn, token_hash)
            rotation = await fetch_one(conn, refresh_tokens.use(token_hash)) if user else None
            if user and rotation:
                credentials, added = self._issuer.go_on(
                    user, rotation.family_id, rotation.expires_at
                )
                await execute(conn, added)
                return credentials
            reused = await fetch_one(conn, refresh_tokens.find_used(token_hash)) if user else None
            if reused:
                await execute(conn, refresh_tokens.revoke_family_of(token_hash))
        if reused:
            log.warning("refresh_token_reuse", user_id=str(reused.user_id))
        raise RefreshInvalid

    async def sign_out(self, refresh_token: str) -> None:
        """End the family that the token belongs to, if there is one."""
        token_hash = hash_token(refresh_token)
        async with self._db.transaction() as conn:
            if await self._lock_owner(conn, token_hash):
                await execute(conn, refresh_tokens.revoke_family_of(token_hash))

    async def revoke_all(self, conn: Connection, user_id: UUID) -> None:
        """End every family of a locked user; their access tokens end with `token_version`."""
        await execute(conn, refresh_tokens.revoke_all(user_id))

    async def _lock_owner(self, conn: Connection, token_hash: bytes) -> User | None:
        owner_id = await fetch_value(conn, refresh_tokens.find_owner(token_hash))
        return await fetch_one(conn, users.lock(owner_id)) if owner_id else None
