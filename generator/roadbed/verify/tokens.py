"""Access tokens as an attacker would mint them, with and without the service's secret."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

HEADER = {"alg": "HS256", "typ": "at+jwt"}
_DIGESTS = {"HS256": hashlib.sha256, "HS384": hashlib.sha384, "HS512": hashlib.sha512}


@dataclass(frozen=True)
class Forgery:
    """One token that must be refused; `name` says what is wrong with it."""

    name: str
    token: str


def claims(
    *, issuer: str, audience: str, subject: str, version: int = 1, ttl: int = 900, **changed: Any
) -> dict[str, Any]:
    """A good claim set (JWT-02). A keyword changes a claim; None removes it."""
    now = int(time.time())
    good: dict[str, Any] = {
        "iss": issuer,
        "aud": audience,
        "sub": subject,
        "iat": now,
        "exp": now + ttl,
        "jti": str(uuid.uuid4()),
        "ver": version,
    }
    return {key: value for key, value in (good | changed).items() if value is not None}


def mint(
    payload: Mapping[str, Any], secret: str | bytes, header: Mapping[str, Any] | None = None
) -> str:
    """Signs with HMAC whatever the header says: `alg` picks the digest, SHA-256 if unknown.

    A header value of None removes that member.
    """
    full = {k: v for k, v in (HEADER | dict(header or {})).items() if v is not None}
    signed = f"{_encode(full)}.{_encode(payload)}"
    return f"{signed}.{_sign(signed, secret, str(full.get('alg')))}"


def read(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Header and claims, unverified. Raises ValueError if it is no three-part JWS."""
    header, payload, _signature = token.split(".")
    return json.loads(_unbase64(header)), json.loads(_unbase64(payload))


def wrong_signatures(token: str, secret: str) -> list[Forgery]:
    """JWT-03: forgeries of a good `token` that no verifier may take."""
    _header, payload = read(token)
    head, body, signature = token.split(".")
    unsigned = [
        Forgery(f"alg {alg!r}, no signature", f"{_encode({'alg': alg, 'typ': 'at+jwt'})}.{body}.")
        for alg in ("none", "None", "NONE", "")
    ]
    other_algorithms = [
        Forgery(f"alg {alg}, signed with the right secret", mint(payload, secret, {"alg": alg}))
        for alg in ("HS384", "HS512", "", "none")
    ]
    altered = dict(payload, sub=str(uuid.uuid4()))
    flipped = bytearray(_unbase64(signature))
    flipped[0] ^= 0x01
    return [
        *unsigned,
        *other_algorithms,
        Forgery("alg missing", mint(payload, secret, {"alg": None})),
        Forgery("alg RS256, signed with an own RSA key", _rsa_signed(payload)),
        Forgery("signature stripped", f"{head}.{body}."),
        Forgery("signature cut off with its dot", f"{head}.{body}"),
        Forgery("one bit of the signature flipped", f"{head}.{body}.{_base64(bytes(flipped))}"),
        Forgery(
            "payload altered under the old signature", f"{head}.{_encode(altered)}.{signature}"
        ),
        Forgery("signed with another key", mint(payload, "k" * 20 + "ey-of-somebody-else-0123")),
        Forgery("signed with the empty key", mint(payload, "")),
        *_key_in_header(payload),
    ]


def _key_in_header(payload: Mapping[str, Any]) -> list[Forgery]:
    attackers = b"an-attackers-own-key-0123456789abcdef"
    own_jwk = {"kty": "oct", "alg": "HS256", "k": _base64(attackers)}
    headers: dict[str, dict[str, Any]] = {
        "the key in `jwk`": {"jwk": own_jwk},
        "an RSA key in `jwk`": {"jwk": _rsa_jwk()},
        "the key at `jku`": {"jku": "http://127.0.0.1:9/keys.json"},
        "the key at `x5u`": {"x5u": "http://127.0.0.1:9/cert.pem"},
        "the key in `x5c`": {"x5c": [base64.b64encode(attackers).decode()]},
        "an unknown critical extension": {"crit": ["exp-at"], "exp-at": 1},
    }
    forged = [Forgery(name, mint(payload, attackers, header)) for name, header in headers.items()]
    # A verifier that looks a key up by `kid` is led to a file or row whose content is known.
    for kid in ("../../../../../../dev/null", "/dev/null", "' UNION SELECT '' -- "):
        forged.append(Forgery(f"kid {kid!r}, empty key", mint(payload, b"", {"kid": kid})))
    return forged


def wrong_claims(
    secret: str, *, issuer: str, audience: str, subject: str, version: int
) -> list[Forgery]:
    """JWT-04: signed with the right key, and still to be refused."""
    now = int(time.time())

    def good(**changed: Any) -> dict[str, Any]:
        return claims(issuer=issuer, audience=audience, subject=subject, version=version, **changed)

    changed: dict[str, dict[str, Any]] = {
        "expired 61 s ago": {"iat": now - 961, "exp": now - 61},
        "expired a day ago": {"iat": now - 87300, "exp": now - 86400},
        "exp in the past as a string": {"exp": str(now - 3600)},
        "nbf 90 s ahead": {"nbf": now + 90},
        "no exp": {"exp": None},
        "no sub": {"sub": None},
        "no ver": {"ver": None},
        "no iss": {"iss": None},
        "no aud": {"aud": None},
        "another iss": {"iss": "https://evil.test"},
        "another aud": {"aud": "another-api"},
        "aud a list without us": {"aud": ["another-api", "a-third-api"]},
        "an unknown sub": {"sub": str(uuid.uuid4())},
        "sub no UUID": {"sub": "1 OR 1=1"},
        "sub a number": {"sub": 1},
        "an older ver": {"ver": version - 1},
        "a newer ver": {"ver": version + 1},
        "ver a string": {"ver": "x"},
    }
    headers: dict[str, dict[str, Any]] = {
        "typ JWT": {"typ": "JWT"},
        "typ missing": {"typ": None},
        "typ dpop+jwt": {"typ": "dpop+jwt"},
    }
    return [
        *(Forgery(name, mint(good(**change), secret)) for name, change in changed.items()),
        *(Forgery(name, mint(good(), secret, header)) for name, header in headers.items()),
    ]


@cache
def _rsa_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def _rsa_signed(payload: Mapping[str, Any]) -> str:
    pem = _rsa_key().private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return jwt.encode(dict(payload), pem, algorithm="RS256", headers={"typ": "at+jwt"})


def _rsa_jwk() -> dict[str, Any]:
    return jwt.algorithms.RSAAlgorithm.to_jwk(_rsa_key().public_key(), as_dict=True)


def _sign(text: str, secret: str | bytes, alg: str) -> str:
    key = secret.encode() if isinstance(secret, str) else secret
    return _base64(hmac.new(key, text.encode(), _DIGESTS.get(alg, hashlib.sha256)).digest())


def _encode(value: Mapping[str, Any]) -> str:
    return _base64(json.dumps(value, separators=(",", ":")).encode())


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _unbase64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
