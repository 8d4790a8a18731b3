"""Signed-in clients: short-lived access tokens, renewed by a refresh token that is used once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

from app.config import Settings
from app.errors import ServiceError
from app.ids import uuid7
from app.models import User
from app.repositories import refresh_tokens
from app.repositories.users import Standing
from app.security.access_tokens import AccessTokens, Claims
from app.security.credentials import Credentials
from app.security.opaque import hash_token, new_token
from app.statements import Command


class RefreshInvalid(ServiceError):
    code = "refresh_invalid"


class Issuer:
    """Makes the tokens of a user; they count once the statement beside them is committed."""

    def __init__(self, settings: Settings) -> None:
        self._access_tokens = AccessTokens(settings)
        self._refresh_ttl = settings.refresh_token_ttl

    def claims_of(self, access_token: str) -> Claims | None:
        return self._access_tokens.read(access_token)

    def begin_family(self, user: User) -> tuple[Credentials, Command]:
        """The first tokens after a sign-in."""
        return self.go_on(user, uuid7(), datetime.now(UTC) + timedelta(seconds=self._refresh_ttl))

    def go_on(
        self, user: User, family_id: UUID, expires_at: datetime
    ) -> tuple[Credentials, Command]:
        """The next tokens of a family, which ends when it always would have."""
        refresh_token = new_token()
        left = int((expires_at - datetime.now(UTC)).total_seconds() + 0.5)
        access_token = self._access_tokens.mint(Claims(user.id, user.token_version))
        return (
            Credentials(access_token, self._access_tokens.ttl, refresh_token, max(1, left)),
            refresh_tokens.add(family_id, user.id, hash_token(refresh_token), expires_at),
        )


def speaks_for(claims: Claims, standing: Standing | None) -> UUID | None:
    """The user, unless what was issued to them before was revoked."""
    return standing.id if standing and standing.token_version == claims.version else None
