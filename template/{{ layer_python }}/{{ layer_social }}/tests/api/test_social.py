from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import psycopg
import pytest

from tests.api.accounts import Client, Connect, log_in, new_email, sign_up
from tests.api.authorization import COOKIE, credentials
from tests.conftest import MakeSettings
from tests.provider import Provider
from tests.social_settings import SOCIAL_SETTINGS

START = "/v1/auth/oauth/acme/start"
CALLBACK = "/v1/auth/oauth/acme/callback"
SUCCESS = SOCIAL_SETTINGS["oauth_success_url"]
FAILURE = SOCIAL_SETTINGS["oauth_failure_url"]

Database = psycopg.Connection[dict[str, Any]]


@pytest.fixture
def provider() -> Iterator[Provider]:
    with Provider() as provider:
        provider.claims = {"email": new_email(), "email_verified": True}
        yield provider


@pytest.fixture
async def client(
    provider: Provider, make_settings: MakeSettings, connect: Connect
) -> AsyncIterator[Client]:
    async with connect(make_settings(oauth_issuer=provider.issuer)) as client:
        yield client


async def begin(client: Client) -> str:
    """A browser without cookies sets out; where it is sent."""
    client.cookies.clear()
    return (await client.get(START)).headers["Location"]


async def sign_in(client: Client, provider: Provider) -> httpx.Response:
    """To the provider and back."""
    return await client.get(CALLBACK, params=provider.consent(await begin(client)))


def failed(response: httpx.Response, reason: str) -> bool:
    location = response.headers["Location"]
    return location == f"{FAILURE}?error={reason}" and COOKIE not in response.cookies


async def test_start_sends_the_browser_to_the_provider(client: Client, provider: Provider) -> None:
    response = await client.get(START)

    location = urlsplit(response.headers["Location"])
    assert response.status_code == 303
    assert response.headers["Location"].startswith(f"{provider.issuer}/authorize?")
    assert parse_qs(location.query).keys() == {
        "response_type",
        "client_id",
        "redirect_uri",
        "scope",
        "state",
        "nonce",
        "code_challenge",
        "code_challenge_method",
    }
    assert "SameSite=Lax" in response.headers["Set-Cookie"]


async def test_who_comes_back_is_signed_in(
    client: Client, provider: Provider, db: Database
) -> None:
    response = await sign_in(client, provider)

    assert response.status_code == 303
    assert response.headers["Location"] == SUCCESS
    assert COOKIE in response.cookies
    [user] = db.execute("SELECT email, email_verified_at, password_hash FROM users").fetchall()
    assert user["email"] == provider.claims["email"]
    assert user["email_verified_at"]
    assert user["password_hash"] is None
    assert "code_verifier" in provider.token_requests[0]


async def test_a_sign_in_works_once_and_in_its_own_browser(
    client: Client, provider: Provider
) -> None:
    answer = provider.consent(await begin(client))
    client.cookies.clear()
    assert failed(await client.get(CALLBACK, params=answer), "oauth_state_invalid")

    answer = provider.consent(await begin(client))
    wrong = {**answer, "state": "another"}
    assert failed(await client.get(CALLBACK, params=wrong), "oauth_state_invalid")
    assert provider.token_requests == []

    answer = provider.consent(await begin(client))
    assert (await client.get(CALLBACK, params=answer)).headers["Location"] == SUCCESS
    assert failed(await client.get(CALLBACK, params=answer), "oauth_state_invalid")
    assert len(provider.token_requests) == 1


async def test_what_the_provider_gets_wrong_signs_nobody_in(
    client: Client, provider: Provider, db: Database
) -> None:
    provider.claims["aud"] = "another client"
    assert failed(await sign_in(client, provider), "oauth_token_invalid")

    answer = provider.consent(await begin(client))
    declined = {"state": answer["state"], "error": "access_denied"}
    assert failed(await client.get(CALLBACK, params=declined), "oauth_denied")

    answer = provider.consent(await begin(client))
    provider.failing = True
    assert failed(await client.get(CALLBACK, params=answer), "oauth_unavailable")
    assert db.execute("SELECT FROM users").fetchall() == []


async def test_the_subject_counts_and_not_the_address(
    client: Client, provider: Provider, db: Database
) -> None:
    await sign_in(client, provider)
    provider.claims = {"email": new_email(), "email_verified": False}
    response = await sign_in(client, provider)

    assert response.headers["Location"] == SUCCESS
    assert len(db.execute("SELECT FROM users").fetchall()) == 1


async def test_an_address_the_provider_does_not_vouch_for_links_nothing(
    client: Client, provider: Provider, db: Database
) -> None:
    provider.claims["email_verified"] = False
    await sign_up(client, provider.claims["email"])

    assert failed(await sign_in(client, provider), "oauth_email_unverified")
    assert db.execute("SELECT FROM oauth_identities").fetchall() == []


async def test_a_verified_address_is_linked_and_its_password_lives_on(
    client: Client, provider: Provider, db: Database
) -> None:
    email = provider.claims["email"]
    await sign_up(client, email)
    db.execute("UPDATE users SET email_verified_at = now()")

    assert (await sign_in(client, provider)).headers["Location"] == SUCCESS
    assert len(db.execute("SELECT FROM users").fetchall()) == 1
    assert (await log_in(client, email)).is_success


async def test_whoever_registered_an_address_before_its_owner_is_thrown_out(
    client: Client, provider: Provider, db: Database
) -> None:
    email = provider.claims["email"]
    await sign_up(client, email)
    squatter = credentials(await log_in(client, email))

    assert (await sign_in(client, provider)).headers["Location"] == SUCCESS

    client.cookies.clear()
    assert len(db.execute("SELECT FROM users").fetchall()) == 1
    assert (await client.get("/v1/users/me", headers=squatter)).status_code == 401
    assert (await log_in(client, email)).status_code == 401
