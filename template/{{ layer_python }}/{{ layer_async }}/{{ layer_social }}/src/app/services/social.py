"""Sign-in through a provider: from the redirect there to the user here."""

from __future__ import annotations

from collections.abc import Mapping

import structlog

from app.config import Settings
from app.db import Connection, Database, execute, fetch_one, fetch_value
from app.errors import Unavailable
from app.models import User
from app.outage import RedisDown
from app.provider import Provider
from app.redis_store import RedisStore
from app.repositories import email_tokens, identities, users
from app.rules import social
from app.rules.provider import ProviderUnavailable
from app.rules.social import IdentityTaken, SignInFailed
from app.security.opaque import new_token
from app.security.openid import Identity, IdTokenInvalid, Transaction, authorization_url
from app.services.sessions import SessionService

log = structlog.get_logger(__name__)


class SocialService:
    def __init__(
        self, db: Database, store: RedisStore, sessions: SessionService, settings: Settings
    ) -> None:
        self._db = db
        self._store = store
        self._sessions = sessions
        self._settings = settings
        self._name = settings.oauth_provider
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
        key, value = social.transaction_key(token), social.dump_transaction(transaction)
        try:
            await self._store.run(
                lambda redis: redis.set(key, value, ex=social.TRANSACTION_SECONDS)
            )
        except RedisDown as error:
            raise Unavailable from error
        return authorization_url(endpoint, self._settings, transaction), token

    async def complete(self, token: str | None, answer: Mapping[str, str]) -> User:
        """The user behind the provider's answer. Raises SignInFailed."""
        taken = await self._take(token)
        transaction = social.refuse_answer(taken, answer, self._settings)
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
        key = social.transaction_key(token)
        try:
            value = await self._store.run(lambda redis: redis.getdel(key))
        except RedisDown as error:
            raise SignInFailed("oauth_unavailable") from error
        return social.load_transaction(value)

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
        user_id = await fetch_value(conn, identities.find_user(self._name, identity.subject))
        known = await fetch_one(conn, users.lock(user_id)) if user_id else None
        if known:
            return known
        user = await self._user_with(conn, social.address_of(identity), identity)
        if not await execute(conn, identities.add(self._name, identity.subject, user.id)):
            raise IdentityTaken
        return user

    async def _user_with(self, conn: Connection, email: str, identity: Identity) -> User:
        user = await fetch_one(conn, users.add(email, social.name_of(identity, email), None))
        if user is None:
            user = await fetch_one(conn, identities.lock_user_by_email(email))
        if user is None:
            raise IdentityTaken
        return user if user.email_verified else await self._take_over(conn, user)

    async def _take_over(self, conn: Connection, user: User) -> User:
        # Whoever registered this address never proved that it is theirs; its owner just did.
        # Nothing that was set up or handed out before may survive.
        await execute(conn, email_tokens.delete_all(user.id, email_tokens.RESET_PASSWORD))
        await execute(conn, email_tokens.delete_all(user.id, email_tokens.VERIFY_EMAIL))
        await self._sessions.revoke_all(conn, user.id)
        owned = await fetch_one(conn, identities.hand_over(user.id))
        assert owned is not None, "the row is locked"
        return owned
