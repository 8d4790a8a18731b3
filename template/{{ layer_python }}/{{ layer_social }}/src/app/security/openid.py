"""OpenID Connect, the parts that need no network: what to ask for, and what to believe."""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import urlencode

import jwt

from app.config.social import SocialSettings

SCOPE = "openid email profile"
# Asymmetric only: a key that anybody can fetch must never verify an HMAC.
ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "ES256", "ES384", "EdDSA"]
CLOCK_SKEW = 60


class IdTokenInvalid(Exception):
    """The ID token is not one that this sign-in asked for."""


class Transaction(NamedTuple):
    """What binds a sign-in to the browser that began it."""

    state: str
    nonce: str
    verifier: str

    @classmethod
    def new(cls) -> Transaction:
        return cls(*(secrets.token_urlsafe(32) for _ in range(3)))

    @property
    def challenge(self) -> str:
        digest = hashlib.sha256(self.verifier.encode()).digest()
        return base64.urlsafe_b64encode(digest).decode().rstrip("=")


class Identity(NamedTuple):
    """Who the provider says signed in."""

    subject: str
    email: str | None
    email_verified: bool
    name: str | None


def authorization_url(endpoint: str, settings: SocialSettings, transaction: Transaction) -> str:
    query = urlencode(
        {
            "response_type": "code",
            "client_id": settings.oauth_client_id,
            "redirect_uri": settings.oauth_redirect_uri,
            "scope": SCOPE,
            "state": transaction.state,
            "nonce": transaction.nonce,
            "code_challenge": transaction.challenge,
            "code_challenge_method": "S256",
        }
    )
    return f"{endpoint}{'&' if '?' in endpoint else '?'}{query}"


def read_id_token(
    id_token: str, keys: Mapping[str, Any], settings: SocialSettings, nonce: str
) -> Identity:
    """The identity in the token, verified with the provider's JWK set. Raises IdTokenInvalid."""
    try:
        claims = jwt.decode(
            id_token,
            _key_for(id_token, keys),
            algorithms=ALGORITHMS,
            audience=settings.oauth_client_id,
            issuer=settings.oauth_issuer,
            leeway=CLOCK_SKEW,
            options={"require": ["iss", "sub", "aud", "exp", "iat"]},
        )
    except (jwt.PyJWTError, ValueError) as error:
        raise IdTokenInvalid from error
    if not secrets.compare_digest(str(claims.get("nonce", "")), nonce) or not claims["sub"]:
        raise IdTokenInvalid
    several = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
    if several and claims.get("azp") != settings.oauth_client_id:
        raise IdTokenInvalid
    email, name = claims.get("email"), claims.get("name")
    return Identity(
        subject=claims["sub"],
        email=email if isinstance(email, str) else None,
        email_verified=claims.get("email_verified") is True,
        name=name if isinstance(name, str) else None,
    )


def _key_for(id_token: str, keys: Mapping[str, Any]) -> jwt.PyJWK:
    header = jwt.get_unverified_header(id_token)
    if header.get("alg") not in ALGORITHMS:
        raise IdTokenInvalid
    candidates = [
        key
        for key in jwt.PyJWKSet.from_dict(dict(keys)).keys
        if key.public_key_use in (None, "sig") and header.get("kid") in (None, key.key_id)
    ]
    if len(candidates) != 1:
        raise IdTokenInvalid
    return candidates[0]
