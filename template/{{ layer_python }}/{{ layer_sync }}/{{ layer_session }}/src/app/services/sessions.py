"""Sessions: the browser holds a random id, Redis what it stands for.

Redis being away is an outage of sign-in, never a sign-out: what cannot be looked up is Unavailable.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from redis import Redis

from app.config import Settings
from app.db import Connection, Database, fetch_one
from app.errors import InvalidCredentials, Unavailable
from app.models import User
from app.outage import RedisDown
from app.redis_store import RedisStore
from app.repositories import users
from app.rules import sessions
from app.rules.sessions import Session
from app.security.credentials import Credentials


class SessionService:
    def __init__(self, db: Database, store: RedisStore, settings: Settings) -> None:
        self._db = db
        self._store = store
        self._settings = settings
        self._limits = [settings.session_idle_ttl, settings.session_absolute_ttl]
        self._touch = store.client.register_script(sessions.TOUCH)
        self._open = store.client.register_script(sessions.OPEN)

    def authenticate(self, session_id: str) -> UUID | None:
        """The user whose session this is. Raises Unavailable if Redis cannot say."""
        keys = [sessions.key_of(session_id)]
        found = self._ask(lambda redis: self._touch(keys, self._limits, client=redis))
        if found is None:
            return None
        session = Session.read(found)
        with self._db.connection() as conn:
            standing = fetch_one(conn, users.get_standing(session.user_id))
        return sessions.speaks_for(session, standing)

    def sign_in(self, user: User, previous: str | None) -> Credentials:
        """A new session for a user whose password was just checked; the one they came with ends."""
        if previous:
            self.sign_out(previous)
        with self._db.transaction() as conn:
            current = fetch_one(conn, users.lock(user.id))
            # The password may have been reset since it was checked.
            if current is None or current.token_version != user.token_version:
                raise InvalidCredentials
            return self.open(conn, current)

    def open(self, _conn: Connection, user: User) -> Credentials:
        new = sessions.new_session(user, self._settings)
        self._ask(lambda redis: self._open(new.keys, new.arguments, client=redis))
        return new.credentials

    def sign_out(self, session_id: str) -> None:
        key = sessions.key_of(session_id)
        self._ask(lambda redis: redis.delete(key))

    def revoke_all(self, _conn: Connection, user_id: UUID) -> None:
        """Tidy the sessions of a locked user away.

        What ends them is `token_version`, which holds even if Redis is down or the set is lost.
        """
        user_key = sessions.key_of_user(user_id)

        def remove(redis: Redis) -> None:
            members = redis.smembers(user_key)
            digests = (m.decode() if isinstance(m, bytes) else m for m in members)
            keys = [sessions.key_of_digest(digest) for digest in digests]
            redis.delete(*keys, user_key)

        try:
            self._store.run(remove)
        except RedisDown:
            return

    def _ask(self, command: Callable[[Redis], Any]) -> Any:
        try:
            return self._store.run(command, even_at_rest=True)
        except RedisDown as error:
            raise Unavailable from error
