"""Signed-in clients: short-lived access tokens, renewed by a refresh token that is used once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

import structlog

from app.config import Settings
from app.db import Connection, Database
from app.errors import InvalidCredentials, ServiceError
from app.ids import uuid7
from app.models import User
from app.redis_store import RedisStore
from app.repositories import refresh_tokens, users
from app.security.access_tokens import AccessTokens, Claims
from app.security.opaque import hash_token, new_token

log = structlog.get_logger(__name__)


class RefreshInvalid(ServiceError):
    code = "refresh_invalid"


class Credentials(NamedTuple):
    """What a client is handed. `expires_in` is the access token's life, and `max_age` what the
    refresh token has left, both in seconds."""

    access_token: str
    expires_in: int
    refresh_token: str
    max_age: int


class SessionService:
    def __init__(self, db: Database, _store: RedisStore, settings: Settings) -> None:
        self._db = db
        self._access_tokens = AccessTokens(settings)
        self._refresh_ttl = settings.refresh_token_ttl

    async def authenticate(self, access_token: str) -> UUID | None:
        """The user whom the token still speaks for."""
        claims = self._access_tokens.read(access_token)
        if claims is None:
            return None
        async with self._db.connection() as conn:
            standing = await users.get_standing(conn, claims.user_id)
        return standing.id if standing and standing.token_version == claims.version else None

    async def sign_in(self, user: User) -> Credentials:
        """Begin a family of refresh tokens for a user whose password was just checked."""
        async with self._db.transaction() as conn:
            current = await users.lock(conn, user.id)
            # The password may have been reset since it was checked.
            if current is None or current.token_version != user.token_version:
                raise InvalidCredentials
            return await self.open(conn, current)

    async def open(self, conn: Connection, user: User) -> Credentials:
        expires_at = datetime.now(UTC) + timedelta(seconds=self._refresh_ttl)
        return await self._issue(conn, user.id, user.token_version, uuid7(), expires_at)

    async def refresh(self, refresh_token: str) -> Credentials:
        """Exchange the token. One that was used before costs its whole family: either the thief
        or the owner is holding a copy, and nobody can tell which."""
        token_hash = hash_token(refresh_token)
        async with self._db.transaction() as conn:
            user = await self._lock_owner(conn, token_hash)
            rotation = await refresh_tokens.use(conn, token_hash) if user else None
            if user and rotation:
                return await self._issue(
                    conn, user.id, user.token_version, rotation.family_id, rotation.expires_at
                )
            reused = await refresh_tokens.find_used(conn, token_hash) if user else None
            if reused:
                await refresh_tokens.revoke_family(conn, reused.family_id)
        if reused:
            log.warning("refresh_token_reuse", user_id=str(reused.user_id))
        raise RefreshInvalid

    async def sign_out(self, refresh_token: str) -> None:
        """End the family that the token belongs to, if there is one."""
        token_hash = hash_token(refresh_token)
        async with self._db.transaction() as conn:
            if await self._lock_owner(conn, token_hash):
                await refresh_tokens.revoke_family_of(conn, token_hash)

    async def revoke_all(self, conn: Connection, user_id: UUID) -> None:
        """End every family of a locked user; their access tokens end with `token_version`."""
        await refresh_tokens.revoke_all(conn, user_id)

    async def _lock_owner(self, conn: Connection, token_hash: bytes) -> User | None:
        owner_id = await refresh_tokens.find_owner(conn, token_hash)
        return await users.lock(conn, owner_id) if owner_id else None

    async def _issue(
        self, conn: Connection, user_id: UUID, version: int, family_id: UUID, expires_at: datetime
    ) -> Credentials:
        refresh_token = new_token()
        await refresh_tokens.add(
            conn, uuid7(), family_id, user_id, hash_token(refresh_token), expires_at
        )
        left = int((expires_at - datetime.now(UTC)).total_seconds() + 0.5)
        access_token = self._access_tokens.mint(Claims(user_id, version))
        return Credentials(access_token, self._access_tokens.ttl, refresh_token, max(1, left))
