from __future__ import annotations

import asyncio

from redis.asyncio import Redis

from app.config import Settings
from tests.api.accounts import PASSWORD, Client, Connect, log_in, new_email, sign_up
from tests.api.authorization import COOKIE, credentials, new_user
from tests.conftest import MakeSettings


async def status_with(client: Client, headers: dict[str, str]) -> int:
    client.cookies.clear()
    return (await client.get("/v1/users/me", headers=headers)).status_code


async def test_login_sets_one_cookie_that_scripts_cannot_read(client: Client) -> None:
    email = new_email()
    await sign_up(client, email)

    login = await log_in(client, email)

    assert login.status_code == 204
    [cookie] = login.headers.get_list("Set-Cookie")
    assert cookie.startswith(f"{COOKIE}=")
    for attribute in ("HttpOnly", "Secure", "SameSite=Strict", "Path=/"):
        assert attribute.lower() in cookie.lower()


async def test_redis_does_not_know_the_cookie_itself(client: Client, settings: Settings) -> None:
    email = new_email()
    await sign_up(client, email)
    session = (await log_in(client, email)).cookies[COOKIE]

    async with Redis.from_url(settings.redis_url, decode_responses=True) as redis:
        keys = [key async for key in redis.scan_iter("sess:*")]

    assert keys
    assert not any(session in key for key in keys)


async def test_a_wrong_password_and_an_unknown_email_look_the_same(client: Client) -> None:
    email = new_email()
    await sign_up(client, email)

    wrong = await log_in(client, email, "not the password at all")
    unknown = await log_in(client, new_email())

    assert wrong.status_code == unknown.status_code == 401
    assert wrong.json()["code"] == unknown.json()["code"] == "invalid_credentials"


async def test_an_id_that_a_client_chose_is_never_taken_up(client: Client) -> None:
    email = new_email()
    await sign_up(client, email)
    chosen = {"Cookie": f"{COOKIE}=chosen-by-the-client"}
    account = {"email": email, "password": PASSWORD}

    login = await client.post("/v1/auth/login", json=account, headers=chosen)

    assert login.cookies[COOKIE] != "chosen-by-the-client"
    assert await status_with(client, chosen) == 401


async def test_a_login_ends_the_session_that_it_came_with(client: Client) -> None:
    email = new_email()
    await sign_up(client, email)
    first = credentials(await log_in(client, email))
    elsewhere = credentials(await log_in(client, email))
    account = {"email": email, "password": PASSWORD}

    client.cookies.clear()
    second = credentials(await client.post("/v1/auth/login", json=account, headers=first))

    assert await status_with(client, first) == 401
    assert await status_with(client, second) == 200
    assert await status_with(client, elsewhere) == 200


async def test_logout_ends_one_session_and_logout_all_every_one(client: Client) -> None:
    email = new_email()
    await sign_up(client, email)
    first, second, third = [credentials(await log_in(client, email)) for _ in range(3)]

    logout = await client.post("/v1/auth/logout", headers=first)
    assert logout.status_code == 204
    assert "Max-Age=0" in logout.headers["Set-Cookie"]
    assert await status_with(client, first) == 401
    assert await status_with(client, second) == 200

    assert (await client.post("/v1/auth/logout-all", headers=second)).status_code == 204
    assert await status_with(client, second) == 401
    assert await status_with(client, third) == 401


async def test_a_session_ends_when_it_is_not_used_and_at_its_absolute_limit(
    make_settings: MakeSettings, connect: Connect
) -> None:
    async with connect(make_settings(session_idle_ttl=1)) as client:
        headers = await new_user(client)
        assert await status_with(client, headers) == 200
        await asyncio.sleep(1.3)
        assert await status_with(client, headers) == 401
    async with connect(make_settings(session_absolute_ttl=2)) as client:
        headers = await new_user(client)
        for _ in range(3):
            await asyncio.sleep(1)
            status = await status_with(client, headers)
        assert status == 401


async def test_without_redis_nobody_is_signed_out(
    client: Client, make_settings: MakeSettings, connect: Connect
) -> None:
    headers = await new_user(client)

    async with connect(make_settings(redis_url="redis://127.0.0.1:1/0")) as cut_off:
        answer = await cut_off.get("/v1/users/me", headers=headers)
        assert answer.status_code == 503
        assert "Set-Cookie" not in answer.headers
        assert (await cut_off.get("/v1/posts", headers=headers)).status_code == 200

    assert await status_with(client, headers) == 200


async def test_a_deleted_user_is_out_at_once(client: Client) -> None:
    headers = await new_user(client)

    assert (await client.delete("/v1/users/me", headers=headers)).status_code == 204
    assert await status_with(client, headers) == 401
