"""ID tokens as a provider signs them, and as one that is wrong or hostile does."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

Claims = dict[str, Any]


@dataclass(frozen=True)
class Key:
    """A signing key of the provider: `alg` is RS256 or ES256."""

    kid: str
    alg: str
    private: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey = field(repr=False)

    @property
    def public_pem(self) -> bytes:
        return self.private.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )

    @property
    def jwk(self) -> dict[str, Any]:
        """The public half, as a member of the provider's key set."""
        public = self.private.public_key()
        if isinstance(public, rsa.RSAPublicKey):
            found = jwt.algorithms.RSAAlgorithm.to_jwk(public, as_dict=True)
        else:
            found = jwt.algorithms.ECAlgorithm.to_jwk(public, as_dict=True)
        return {**found, "kid": self.kid, "alg": self.alg, "use": "sig"}

    def sign(self, claims: Mapping[str, Any], **header: Any) -> str:
        return jwt.encode(
            dict(claims), self.private, algorithm=self.alg, headers={"kid": self.kid, **header}
        )


@dataclass(frozen=True)
class Keys:
    """What the provider signs with (`rsa`, `ec`, both published) and a stranger's key."""

    rsa: Key
    ec: Key
    stranger: Key

    def published(self) -> dict[str, Any]:
        return {"keys": [self.ec.jwk, self.rsa.jwk]}


@cache
def keys() -> Keys:
    """One set for the whole run: making an RSA key takes long."""
    own, strange = (rsa.generate_private_key(public_exponent=65537, key_size=2048) for _ in "ab")
    return Keys(
        Key("rsa-1", "RS256", own),
        Key("ec-1", "ES256", ec.generate_private_key(ec.SECP256R1())),
        Key("rsa-1", "RS256", strange),
    )


def _changed(**changes: Any) -> Callable[[Claims], str | None]:
    """Signed as it should be, with other claims; None removes one."""

    def mint(good: Claims) -> str:
        claims = {name: value for name, value in (good | changes).items() if value is not None}
        return _sign_anything(claims)

    return mint


def _in_the_past(good: Claims) -> str:
    now = int(time.time())
    return keys().rsa.sign({**good, "iat": now - 7200, "exp": now - 3600})


def _altered(good: Claims) -> str:
    """Another subject under a signature that was made for this one."""
    head, _, signature = keys().rsa.sign(good).split(".")
    return f"{head}.{_encode({**good, 'sub': 'somebody-else'})}.{signature}"


def _unsigned(alg: str) -> Callable[[Claims], str]:
    return lambda good: f"{_encode({'alg': alg, 'typ': 'JWT', 'kid': 'rsa-1'})}.{_encode(good)}."


def _hmac_with(secret: Callable[[], bytes]) -> Callable[[Claims], str]:
    """HS256 with what everybody can fetch: the public key as the shared secret."""

    def mint(good: Claims) -> str:
        signed = f"{_encode({'alg': 'HS256', 'typ': 'JWT', 'kid': 'rsa-1'})}.{_encode(good)}"
        return f"{signed}.{_base64(hmac.digest(secret(), signed.encode(), hashlib.sha256))}"

    return mint


def _sign_anything(claims: Claims) -> str:
    """PyJWT checks the types of some claims when it signs; a wrong provider would not."""
    key = keys().rsa
    signed = f"{_encode({'alg': 'RS256', 'typ': 'JWT', 'kid': key.kid})}.{_encode(claims)}"
    algorithm = jwt.get_algorithm_by_name("RS256")
    return f"{signed}.{_base64(algorithm.sign(signed.encode(), key.private))}"


FLAWS: dict[str, Callable[[Claims], str | None]] = {
    "bad signature: another key under the right kid": lambda good: keys().stranger.sign(good),
    "bad signature: claims altered afterwards": _altered,
    "alg none": _unsigned("none"),
    "alg None": _unsigned("None"),
    "HS256 with the public key": _hmac_with(lambda: keys().rsa.public_pem),
    "HS256 with the public key as JWK": _hmac_with(
        lambda: json.dumps(keys().rsa.jwk, separators=(",", ":")).encode()
    ),
    "HS256 with the empty key": _hmac_with(lambda: b""),
    "wrong iss": _changed(iss="https://evil.test"),
    "no iss": _changed(iss=None),
    "wrong aud": _changed(aud="another-client"),
    "aud a list without us": _changed(aud=["another-client", "a-third"]),
    "no aud": _changed(aud=None),
    "wrong nonce": _changed(nonce="A" * 43),
    "no nonce": _changed(nonce=None),
    "expired": _in_the_past,
    "no exp": _changed(exp=None),
    "no sub": _changed(sub=None),
    "empty sub": _changed(sub=""),
    "unknown kid": lambda good: keys().rsa.sign(good, kid="nobody-knows"),
    "no JWT at all": lambda _good: "not.a.token",
    "no ID token at all": lambda _good: None,
}
"""What is wrong with an ID token, and how it is made from good claims. None: there is none."""


def _encode(value: Mapping[str, Any]) -> str:
    return _base64(json.dumps(value, separators=(",", ":")).encode())


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
