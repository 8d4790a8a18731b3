"""Sessions in Redis: their keys, and the scripts that read and write them in one round trip."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from app.config import Settings
from app.models import User
from app.repositories.users import Standing
from app.security.credentials import Credentials
from app.security.opaque import hash_token, new_token

# Read the session, and let it live on from now, but never past its absolute end. Times are Redis'
# own.
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


class Session(NamedTuple):
    """Whose it is, and the version of their credentials that it was opened for."""

    user_id: UUID
    version: int

    @classmethod
    def read(cls, answer: Sequence[bytes]) -> Session:
        """From what TOUCH answers."""
        return cls(UUID(answer[0].decode()), int(answer[1]))


class NewSession(NamedTuple):
    """What a client is handed, and what OPEN is given for it."""

    credentials: Credentials
    keys: list[str]
    arguments: list[str | int]


def new_session(user: User, settings: Settings) -> NewSession:
    # The id is always ours: one that a client sent is never taken up.
    session_id = new_token()
    digest = _digest(session_id)
    idle, absolute = settings.session_idle_ttl, settings.session_absolute_ttl
    return NewSession(
        Credentials(session_id, absolute),
        [key_of_digest(digest), key_of_user(user.id)],
        [str(user.id), user.token_version, idle, absolute, digest],
    )


def speaks_for(session: Session, standing: Standing | None) -> UUID | None:
    """The user, unless what was opened for them before was revoked."""
    return standing.id if standing and standing.token_version == session.version else None


def key_of(session_id: str) -> str:
    return key_of_digest(_digest(session_id))


def key_of_digest(digest: str) -> str:
    return f"sess:{digest}"


def key_of_user(user_id: UUID) -> str:
    """The set of the digests of a user's sessions."""
    return f"user_sess:{user_id}"


def _digest(session_id: str) -> str:
    return hash_token(session_id).hex()
