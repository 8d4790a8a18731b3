"""Sign-in through a provider: from the redirect there to the user here."""

from __future__ import annotations

import secrets
from collections.abc import Mapping

import orjson
import structlog
from pydantic_core import PydanticCustomError

from app import text
from app.config import Settings
from app.db import Connection, Database
from app.errors import Unavailable
from app.ids import uuid7
from app.models import User
from app.provider import Provider, ProviderUnavailable
from app.redis_store import RedisDown, RedisStore
from app.repositories import email_tokens, identities, users
from app.schemas import NAME_MAX
from app.security.opaque import hash_token, new_token
from app.security.openid import Identity, IdTokenInvalid, Transaction, authorization_url
from app.services.sessions import SessionService

TRANSACTION_SECONDS = 600

log = structlog.get_logger(__name__)


class SignInFailed(Exception):
    """`reason` is what the browser is sent back with."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class IdentityTaken(Exception):
    """Another request gave this identity to a user first."""


class SocialService:
    def __init__(
        self, db: Database, store: RedisStore, sessions: SessionService, settings: Settings
    ) -> None:
        self._db = db
        self._store = store
        self._sessions = sessions
        self._settings = settings
        self._provider = Provider(settings)

    async def close(self) -> None:
        await self._provider.close()

    async def begin(self) -> tuple[str, str]:
        """Where to send the browser, and the token that ties the sign-in to it.

        Raises SignInFailed or Unavailable.
        """
        try:
            endpoint = await self._provider.authorization_endpoint()
        except (ProviderUnavailable, IdTokenInvalid) as error:
            raise SignInFailed("oauth_unavailable") from error
        transaction, token = Transaction.new(), new_token()
        value = orjson.dumps(transaction._asdict())
        key = _key(token)
        try:
            await self._store.run(lambda redis: redis.set(key, value, ex=TRANSACTION_SECONDS))
        except RedisDown as error:
            raise Unavailable from error
        return authorization_url(endpoint, self._settings, transaction), token

    async def complete(self, token: str | None, answer: Mapping[str, str]) -> User:
        """The user behind the provider's answer. Raises SignInFailed."""
        transaction = await self._take(token)
        state = answer.get("state", "")
        if transaction is None or not secrets.compare_digest(
            transaction.state.encode(), state.encode()
        ):
            raise SignInFailed("oauth_state_invalid")
        if "error" in answer:
            raise SignInFailed(
                "oauth_denied" if answer["error"] == "access_denied" else "oauth_unavailable"
            )
        if answer.get("iss", self._settings.oauth_issuer) != self._settings.oauth_issuer:
            raise SignInFailed("oauth_token_invalid")
        try:
            identity = await self._provider.redeem(answer.get("code", ""), transaction)
        except ProviderUnavailable as error:
            raise SignInFailed("oauth_unavailable") from error
        except IdTokenInvalid as error:
            raise SignInFailed("oauth_token_invalid") from error
        return await self._user_of(identity)

    async def _take(self, token: str | None) -> Transaction | None:
        if not token:
            return None
        key = _key(token)
        try:
            value = await self._store.run(lambda redis: redis.getdel(key))
        except RedisDown as error:
            raise SignInFailed("oauth_unavailable") from error
        return Transaction(**orjson.loads(value)) if value else None

    async def _user_of(self, identity: Identity) -> User:
        while True:
            try:
                async with self._db.transaction() as conn:
                    user = await self._find_or_link(conn, identity)
            except IdentityTaken:
                continue
            log.info("login_succeeded", user_id=str(user.id), provider=self._name)
            return user

    async def _find_or_link(self, conn: Connection, identity: Identity) -> User:
        user_id = await identities.find_user(conn, self._name, identity.subject)
        known = await users.lock(conn, user_id) if user_id else None
        if known:
            return known
        # Without the provider's word for it, an address proves nothing about its owner.
        if not identity.email_verified or identity.email is None:
            raise SignInFailed("oauth_email_unverified")
        user = await self._user_with(conn, _address(identity.email), identity)
        if not await identities.add(conn, self._name, identity.subject, user.id):
            raise IdentityTaken
        return user

    async def _user_with(self, conn: Connection, email: str, identity: Identity) -> User:
        name = (identity.name or "").replace("\x00", "").strip() or email.partition("@")[0]
        user = await users.add(conn, uuid7(), email, name[:NAME_MAX], None)
        if user is None:
            user = await identities.lock_user_by_email(conn, email)
        if user is None:
            raise IdentityTaken
        return user if user.email_verified else await self._take_over(conn, user)

    async def _take_over(self, conn: Connection, user: User) -> User:
        # Whoever registered this address never proved that it is theirs; its owner just did.
        # Nothing that was set up or handed out before may survive.
        await email_tokens.delete_all(conn, user.id, email_tokens.RESET_PASSWORD)
        await email_tokens.delete_all(conn, user.id, email_tokens.VERIFY_EMAIL)
        await self._sessions.revoke_all(conn, user.id)
        owned = await identities.hand_over(conn, user.id)
        assert owned is not None, "the row is locked"
        return owned

    @property
    def _name(self) -> str:
        return self._settings.oauth_provider


def _address(email: str) -> str:
    try:
        return text.email(email)
    except PydanticCustomError as error:
        raise SignInFailed("oauth_email_unverified") from error


def _key(token: str) -> str:
    return f"oauth_tx:{hash_token(token).hex()}"
