"""The provider, asked over real HTTP as a service and a browser ask it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import jwt
import pytest

from roadbed.verify.fakes.id_tokens import FLAWS, keys
from roadbed.verify.fakes.openid import Account, OpenIdProvider, challenge_of

BACK = "https://api.example.com/callback"
VERIFIER = "v" * 43
ADA = Account("subject-1", "ada@example.com")


@pytest.fixture
def provider() -> Iterator[OpenIdProvider]:
    with OpenIdProvider(BACK) as provider:
        yield provider


def authorize(provider: OpenIdProvider, cookie: str, **changes: str) -> httpx.Response:
    query = {
        "response_type": "code",
        "client_id": provider.client_id,
        "redirect_uri": BACK,
        "state": "state-1",
        "nonce": "nonce-1",
        "code_challenge": challenge_of(VERIFIER),
        "code_challenge_method": "S256",
        **changes,
    }
    endpoint = provider.metadata()["authorization_endpoint"]
    return httpx.get(endpoint, params=query, headers={"Cookie": cookie}, timeout=5)


def code_for(provider: OpenIdProvider, account: Account = ADA, **options: Any) -> str:
    answer = authorize(provider, provider.sign_in(account, **options))
    return dict(parse_qsl(urlsplit(answer.headers["location"]).query))["code"]


def redeem(provider: OpenIdProvider, code: str, **changes: str) -> httpx.Response:
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": BACK,
        "code_verifier": VERIFIER,
        **changes,
    }
    secret = (provider.client_id, provider.client_secret)
    return httpx.post(provider.metadata()["token_endpoint"], data=form, auth=secret, timeout=5)


@pytest.mark.parametrize("alg", ["RS256", "ES256"])
def test_a_good_sign_in_ends_with_a_token_its_published_keys_verify(
    provider: OpenIdProvider, alg: Any
) -> None:
    metadata = httpx.get(f"{provider.issuer}/.well-known/openid-configuration", timeout=5).json()
    token = redeem(provider, code_for(provider, alg=alg)).json()["id_token"]

    known = jwt.PyJWKSet.from_dict(httpx.get(metadata["jwks_uri"], timeout=5).json())
    key = known[jwt.get_unverified_header(token)["kid"]]
    claims = jwt.decode(
        token, key, algorithms=[alg], audience=provider.client_id, issuer=metadata["issuer"]
    )
    assert (claims["sub"], claims["email"], claims["nonce"]) == (
        "subject-1",
        "ada@example.com",
        "nonce-1",
    )


def test_the_example_of_rfc_7636() -> None:
    verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    assert challenge_of(verifier) == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


def test_a_code_works_once_and_only_as_agreed(provider: OpenIdProvider) -> None:
    wrong = {
        "code_verifier": "w" * 43,
        "redirect_uri": "https://evil.test",
        "grant_type": "refresh_token",
    }
    for name, value in wrong.items():
        assert redeem(provider, code_for(provider), **{name: value}).status_code == 400
    assert redeem(provider, "made-up").status_code == 400
    code = code_for(provider)
    assert redeem(provider, code).status_code == 200
    assert redeem(provider, code).status_code == 400
    assert [request.refused for request in provider.token_requests(code)] == ["", "invalid_grant"]


def test_only_the_registered_client_is_served(provider: OpenIdProvider) -> None:
    cookie = provider.sign_in(ADA)
    assert authorize(provider, cookie, redirect_uri="https://evil.test").status_code == 400
    assert authorize(provider, cookie, client_id="another").status_code == 400
    assert authorize(provider, "provider_session=nobody").status_code == 403
    provider.client_secret = "another"
    endpoint = provider.metadata()["token_endpoint"]
    form = {"grant_type": "authorization_code", "code": "x", "client_id": provider.client_id}
    assert httpx.post(endpoint, data=form, timeout=5).status_code == 401


def test_who_declines_brings_no_code(provider: OpenIdProvider) -> None:
    answer = authorize(provider, provider.sign_in(ADA, declines=True))
    back = dict(parse_qsl(urlsplit(answer.headers["location"]).query))
    assert back["error"] == "access_denied"
    assert "code" not in back


@pytest.mark.parametrize("flaw", FLAWS)
def test_every_flaw_is_one(provider: OpenIdProvider, flaw: str) -> None:
    token = redeem(provider, code_for(provider, flaw=flaw)).json().get("id_token")
    if token is None:
        return
    known = {key["kid"]: jwt.PyJWK(key) for key in keys().published()["keys"]}

    def verify() -> None:
        claims = jwt.decode(
            token,
            known[jwt.get_unverified_header(token)["kid"]],
            algorithms=["RS256", "ES256"],
            audience=provider.client_id,
            issuer=provider.issuer,
            options={"require": ["iss", "sub", "aud", "exp"]},
        )
        assert claims["nonce"] == "nonce-1"
        assert claims["sub"]

    with pytest.raises((jwt.PyJWTError, KeyError, AssertionError)):
        verify()


def test_it_fails_falls_silent_and_goes_away_as_told(provider: OpenIdProvider) -> None:
    address = f"{provider.issuer}/keys"
    provider.fail(503)
    assert httpx.get(address, timeout=5).status_code == 503
    provider.silence()
    with pytest.raises(httpx.ReadTimeout):
        httpx.get(address, timeout=0.3)
    provider.down()
    with pytest.raises(httpx.ConnectError):
        httpx.get(address, timeout=5)
    provider.reset()
    assert httpx.get(address, timeout=5).status_code == 200


def test_what_is_down_ends_connections_that_were_kept(provider: OpenIdProvider) -> None:
    with httpx.Client(timeout=2) as client:
        assert client.get(f"{provider.issuer}/keys").status_code == 200
        provider.down()
        time.sleep(0.05)
        with pytest.raises(httpx.HTTPError):
            client.get(f"{provider.issuer}/keys")


def test_its_secrets_are_known(provider: OpenIdProvider) -> None:
    code = code_for(provider)
    token = redeem(provider, code).json()["id_token"]
    assert {code, token, VERIFIER, provider.client_secret} <= provider.secrets
