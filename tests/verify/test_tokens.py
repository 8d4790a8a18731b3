"""A careful verifier takes the good token and none of the forgeries."""

from __future__ import annotations

from typing import Any

import jwt
import pytest

from roadbed.verify import tokens

SECRET = "an-honest-key-of-sixty-four-characters-0123456789-0123456789-012"
ISSUER, AUDIENCE, SUBJECT = "https://issuer.test", "api", "0190a1b2-0000-7000-8000-000000000001"


def verify(token: str) -> dict[str, Any]:
    """The whole of JWT-02 … 04, by PyJWT."""
    header = jwt.get_unverified_header(token)
    if header.get("typ") != "at+jwt":
        raise jwt.InvalidTokenError("typ")
    claims = jwt.decode(
        token,
        SECRET,
        algorithms=["HS256"],
        audience=AUDIENCE,
        issuer=ISSUER,
        leeway=60,
        options={"require": ["exp", "sub", "ver"]},
    )
    if claims["sub"] != SUBJECT or claims["ver"] != 3:
        raise jwt.InvalidTokenError("unknown user or stale version")
    return claims


def good() -> str:
    payload = tokens.claims(issuer=ISSUER, audience=AUDIENCE, subject=SUBJECT, version=3)
    return tokens.mint(payload, SECRET)


def test_a_good_token_is_good() -> None:
    assert verify(good())["ver"] == 3
    assert tokens.read(good())[0] == {"alg": "HS256", "typ": "at+jwt"}


def forgeries() -> list[tokens.Forgery]:
    """Made when they are asked for: a claim about now is stale a minute after collection."""
    return [
        *tokens.wrong_signatures(good(), SECRET),
        *tokens.wrong_claims(SECRET, issuer=ISSUER, audience=AUDIENCE, subject=SUBJECT, version=3),
    ]


@pytest.mark.parametrize("name", [forgery.name for forgery in forgeries()])
def test_each_forgery_is_refused(name: str) -> None:
    (forgery,) = (each for each in forgeries() if each.name == name)
    with pytest.raises(jwt.InvalidTokenError):
        verify(forgery.token)


def test_there_are_enough_and_each_is_another() -> None:
    assert len(tokens.wrong_signatures(good(), SECRET)) >= 12
    made = forgeries()
    assert len({forgery.token for forgery in made}) == len(made)
    assert len({forgery.name for forgery in made}) == len(made)


def test_algorithm_forgeries_bear_the_right_secret() -> None:
    """Else they would be refused for their key, and the algorithm would go untested."""
    forged = {f.name: f.token for f in tokens.wrong_signatures(good(), SECRET)}
    token = forged["alg HS512, signed with the right secret"]
    assert jwt.decode(token, SECRET, algorithms=["HS512"], audience=AUDIENCE)["sub"] == SUBJECT
