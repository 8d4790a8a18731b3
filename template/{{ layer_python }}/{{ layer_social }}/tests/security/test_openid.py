from __future__ import annotations

import time
from typing import Any

import jwt
import pytest

from app.config import Settings
from app.security.openid import Identity, IdTokenInvalid, Transaction, read_id_token
from tests.provider import KEY, id_token, published_keys

NONCE = "a nonce"


def read(settings: Settings, token: str) -> Identity:
    return read_id_token(token, published_keys(), settings, NONCE)


def test_the_challenge_is_the_verifiers_digest() -> None:
    # The example of RFC 7636, appendix B.
    transaction = Transaction("", "", "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")
    assert transaction.challenge == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


def test_a_good_token_tells_who_it_is(settings: Settings) -> None:
    token = id_token(settings.oauth_issuer, NONCE, email="ada@acme.test", email_verified=True)

    identity = read(settings, token)

    assert identity == Identity("subject-1", "ada@acme.test", True, None)


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "https://evil.test"},
        {"aud": "another client"},
        {"aud": ["client-1", "another client"]},
        {"nonce": "another nonce"},
        {"nonce": None},
        {"exp": int(time.time()) - 3600},
        {"exp": None},
        {"sub": None},
        {"sub": ""},
    ],
    ids=str,
)
def test_wrong_claims_are_refused(settings: Settings, changes: dict[str, Any]) -> None:
    token = id_token(settings.oauth_issuer, **{"nonce": NONCE, **changes})

    with pytest.raises(IdTokenInvalid):
        read(settings, token)


def test_a_signature_anybody_can_make_is_refused(settings: Settings) -> None:
    good = id_token(settings.oauth_issuer, NONCE)
    claims = jwt.decode(good, options={"verify_signature": False})
    unsigned = jwt.encode(claims, "", algorithm="none", headers={"kid": "1"})
    public_key = str(KEY.public_key().public_numbers().n).encode()
    shared = jwt.encode(claims, public_key, algorithm="HS256", headers={"kid": "1"})
    unknown = jwt.encode(claims, KEY, algorithm="RS256", headers={"kid": "2"})

    for token in (unsigned, shared, unknown, good[:-4] + "AAAA", "no token"):
        with pytest.raises(IdTokenInvalid):
            read(settings, token)
