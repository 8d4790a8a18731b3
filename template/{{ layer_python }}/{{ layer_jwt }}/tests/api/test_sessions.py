from __future__ import annotations

from tests.api.accounts import Client, log_in, new_email, sign_up
from tests.api.authorization import COOKIE, credentials, new_user


async def refresh_with(client: Client, token: str | None) -> int:
    client.cookies.clear()
    headers = {"Cookie": f"{COOKIE}={token}"} if token else {}
    return (await client.post("/v1/auth/refresh", headers=headers)).status_code


async def test_login_answers_an_access_token_and_sets_a_refresh_cookie(client: Client) -> None:
    email = new_email()
    await sign_up(client, email)

    login = await log_in(client, email)

    assert login.status_code == 200
    assert login.json()["token_type"] == "Bearer"
    assert COOKIE in login.cookies
    cookie = login.headers["Set-Cookie"]
    for attribute in ("HttpOnly", "Secure", "SameSite=Strict", "Path=/"):
        assert attribute.lower() in cookie.lower()


async def test_a_wrong_password_and_an_unknown_email_look_the_same(client: Client) -> None:
    email = new_email()
    await sign_up(client, email)

    wrong = await log_in(client, email, "not the password at all")
    unknown = await log_in(client, new_email())

    assert wrong.status_code == unknown.status_code == 401
    assert wrong.json()["code"] == unknown.json()["code"] == "invalid_credentials"


async def test_a_refresh_token_works_once_and_its_reuse_ends_the_family(client: Client) -> None:
    email = new_email()
    await sign_up(client, email)
    first = (await log_in(client, email)).cookies[COOKIE]
    client.cookies.clear()

    refreshed = await client.post("/v1/auth/refresh", headers={"Cookie": f"{COOKIE}={first}"})
    second = refreshed.cookies[COOKIE]

    assert refreshed.status_code == 200
    assert await refresh_with(client, first) == 401
    assert await refresh_with(client, second) == 401


async def test_logout_ends_the_family_and_logout_all_every_credential(client: Client) -> None:
    email = new_email()
    await sign_up(client, email)
    first = (await log_in(client, email)).cookies[COOKIE]
    assert (await client.post("/v1/auth/logout")).status_code == 204
    assert await refresh_with(client, first) == 401

    login = await log_in(client, email)
    headers = credentials(login)
    assert (await client.post("/v1/auth/logout-all", headers=headers)).status_code == 204
    assert (await client.get("/v1/users/me", headers=headers)).status_code == 401
    assert await refresh_with(client, login.cookies[COOKIE]) == 401


async def test_a_deleted_user_is_out_at_once(client: Client) -> None:
    headers = await new_user(client)

    assert (await client.delete("/v1/users/me", headers=headers)).status_code == 204
    assert (await client.get("/v1/users/me", headers=headers)).status_code == 401
