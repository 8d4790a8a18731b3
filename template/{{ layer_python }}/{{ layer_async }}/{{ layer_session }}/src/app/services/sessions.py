"""Sessions: the browser holds a random id, Redis what it stands for.

Redis being away is an outage of sign-in, never a sign-out: what cannot be looked up is Unavailable.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple
from uuid import UUID

from redis.asyncio import Redis

from app.config import Settings
from app.db import Connection, Database
from app.errors import InvalidCredentials, Unavailable
from app.models import User
from app.redis_store import RedisDown, RedisStore
from app.repositories import users
from app.security.opaque import hash_token, new_token

# One round trip for each request: read the session, and let it live on from now, but never past
# its absolute end. Times are Redis' own.
TOUCH = """
local session = redis.call('HMGET', KEYS[1], 'user_id', 'token_version', 'created_at')
if not session[1] then return nil end
local left = tonumber(session[3]) + tonumber(ARGV[2]) - tonumber(redis.call('TIME')[1])
if left <= 0 then redis.call('DEL', KEYS[1]) return nil end
redis.call('EXPIRE', KEYS[1], math.min(tonumber(ARGV[1]), left))
return { session[1], session[2] }
"""
OPEN = """
redis.call('HSET', KEYS[1], 'user_id', ARGV[1], 'token_version', ARGV[2],
           'created_at', redis.call('TIME')[1])
redis.call('EXPIRE', KEYS[1], math.min(tonumber(ARGV[3]), tonumber(ARGV[4])))
redis.call('SADD', KEYS[2], ARGV[5])
redis.call('EXPIRE', KEYS[2], ARGV[4])
"""


class Credentials(NamedTuple):
    """What a client is handed; `max_age` is in seconds."""

    session_id: str
    max_age: int


class SessionService:
    def __init__(self, db: Database, store: RedisStore, settings: Settings) -> None:
        self._db = db
        self._store = store
        self._idle_ttl = settings.session_idle_ttl
        self._absolute_ttl = settings.session_absolute_ttl
        self._touch = store.client.register_script(TOUCH)
        self._open = store.client.register_script(OPEN)

    async def authenticate(self, session_id: str) -> UUID | None:
        """The user whose session this is. Raises Unavailable if Redis cannot say."""
        key = _session_key(_digest(session_id))
        limits = [self._idle_ttl, self._absolute_ttl]
        found = await self._ask(lambda redis: self._touch([key], limits, client=redis))
        if found is None:
            return None
        user_id, version = UUID(found[0].decode()), int(found[1])
        async with self._db.connection() as conn:
            standing = await users.get_standing(conn, user_id)
        return user_id if standing and standing.token_version == version else None

    async def sign_in(self, user: User, previous_id: str | None) -> Credentials:
        """A new session for a user whose password was just checked; the one they came with ends."""
        if previous_id:
            await self.sign_out(previous_id)
        async with self._db.transaction() as conn:
            current = await users.lock(conn, user.id)
            # The password may have been reset since it was checked.
            if current is None or current.token_version != user.token_version:
                raise InvalidCredentials
            return await self.open(conn, current)

    async def open(self, _conn: Connection, user: User) -> Credentials:
        # The id is always ours: one that a client sent is never taken up.
        session_id = new_token()
        digest = _digest(session_id)
        keys = [_session_key(digest), _user_key(user.id)]
        arguments: list[str | int] = [
            str(user.id),
            user.token_version,
            self._idle_ttl,
            self._absolute_ttl,
            digest,
        ]
        await self._ask(lambda redis: self._open(keys, arguments, client=redis))
        return Credentials(session_id, self._absolute_ttl)

    async def sign_out(self, session_id: str) -> None:
        key = _session_key(_digest(session_id))
        await self._ask(lambda redis: redis.delete(key))

    async def revoke_all(self, _conn: Connection, user_id: UUID) -> None:
        """Tidy the sessions of a locked user away.

        What ends them is `token_version`, which holds even if Redis is down or the set is lost.
        """

        async def remove(redis: Redis) -> None:
            members = await redis.smembers(_user_key(user_id))
            digests = (m.decode() if isinstance(m, bytes) else m for m in members)
            keys = [_session_key(digest) for digest in digests]
            await redis.delete(*keys, _user_key(user_id))

        try:
            await self._store.run(remove)
        except RedisDown:
            return

    async def _ask(self, command: Callable[[Redis], Awaitable[Any]]) -> Any:
        try:
            return await self._store.run(command, even_at_rest=True)
        except RedisDown as error:
            raise Unavailable from error


def _digest(session_id: str) -> str:
    return hash_token(session_id).hex()


def _session_key(digest: str) -> str:
    return f"sess:{digest}"


def _user_key(user_id: UUID) -> str:
    return f"user_sess:{user_id}"
