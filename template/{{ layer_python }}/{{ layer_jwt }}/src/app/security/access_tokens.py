"""Access tokens: signed JWTs (RFC 9068) that say who the caller is and nothing more."""

from __future__ import annotations

import time
from typing import NamedTuple
from uuid import UUID

import jwt

from app.config.auth import AuthSettings
from app.ids import parse_uuid, uuid7

ALGORITHM = "HS256"
TOKEN_TYPE = "at+jwt"  # noqa: S105
CLOCK_SKEW = 60


class Claims(NamedTuple):
    """The subject, and the version of their credentials that the token was made for."""

    user_id: UUID
    version: int


class AccessTokens:
    def __init__(self, settings: AuthSettings) -> None:
        self._secret = settings.jwt_secret
        self._issuer = settings.jwt_issuer
        self._audience = settings.jwt_audience
        self.ttl = settings.access_token_ttl

    def mint(self, claims: Claims) -> str:
        now = int(time.time())
        payload = {
            "iss": self._issuer,
            "aud": self._audience,
            "sub": str(claims.user_id),
            "iat": now,
            "exp": now + self.ttl,
            "jti": str(uuid7()),
            "ver": claims.version,
        }
        return jwt.encode(payload, self._secret, ALGORITHM, headers={"typ": TOKEN_TYPE})

    def read(self, token: str) -> Claims | None:
        """What the token says, or None unless it is one of ours and still valid."""
        try:
            decoded = jwt.decode_complete(
                token,
                self._secret,
                algorithms=[ALGORITHM],
                issuer=self._issuer,
                audience=self._audience,
                leeway=CLOCK_SKEW,
                options={"require": ["iss", "aud", "sub", "iat", "exp", "jti", "ver"]},
            )
        except (jwt.InvalidTokenError, ValueError):
            return None
        payload = decoded["payload"]
        user_id = parse_uuid(payload["sub"])
        version = payload["ver"]
        if decoded["header"].get("typ") != TOKEN_TYPE or user_id is None:
            return None
        if not isinstance(version, int) or isinstance(version, bool):
            return None
        return Claims(user_id, version)
