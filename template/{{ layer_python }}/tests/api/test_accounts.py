from __future__ import annotations

import asyncio

import pytest

from app.config import Settings
from app.jobs.handlers import HANDLERS
from tests.api.accounts import PASSWORD, Client, log_in, new_email, sign_up
from tests.api.authorization import credentials
from tests.mailbox import Mailbox, token_in
from tests.worker import StartWorker


async def test_signing_up_answers_the_private_view_of_the_user(client: Client) -> None:
    email = new_email()

    response = await sign_up(client, email.upper())

    user = response.json()
    assert response.status_code == 201
    assert response.headers["Location"] == f"/v1/users/{user['id']}"
    assert user.keys() == {"id", "email", "name", "email_verified", "created_at"}
    assert user["email"] == email
    public = await client.get(response.headers["Location"])
    assert public.json().keys() == {"id", "name", "created_at"}


async def test_one_address_signs_up_once_however_many_try(client: Client) -> None:
    email = new_email()

    responses = await asyncio.gather(*(sign_up(client, email) for _ in range(5)))

    assert sorted(response.status_code for response in responses) == [201, 409, 409, 409, 409]


@pytest.mark.parametrize(
    ("member", "value", "rule"),
    [
        ("email", "nobody", "format"),
        ("name", "", "min_length"),
        ("password", "too short", "min_length"),
        ("password", "passwordpassword", "too_common"),
    ],
)
async def test_what_is_wrong_is_named(client: Client, member: str, value: str, rule: str) -> None:
    account = {"email": new_email(), "name": "Ada", "password": PASSWORD, member: value}

    response = await client.post("/v1/users", json=account)

    assert response.status_code == 422
    [fault] = response.json()["details"]
    assert (fault["field"], fault["rule"]) == (member, rule)


async def test_the_mailed_token_verifies_the_address_once(
    client: Client, settings: Settings, start_worker: StartWorker, mailbox: Mailbox
) -> None:
    email = new_email()
    await sign_up(client, email)
    start_worker(settings, HANDLERS)
    await asyncio.to_thread(mailbox.wait_for, 1)
    token = {"token": token_in(mailbox.messages[0])}

    assert (await client.post("/v1/auth/verify-email", json=token)).status_code == 204
    assert (await client.post("/v1/auth/verify-email", json=token)).status_code == 400

    me = await client.get("/v1/users/me", headers=credentials(await log_in(client, email)))
    assert me.json()["email_verified"] is True


async def test_a_reset_password_replaces_the_old_one_and_every_sign_in(
    client: Client, settings: Settings, start_worker: StartWorker, mailbox: Mailbox
) -> None:
    email = new_email()
    await sign_up(client, email)
    headers = credentials(await log_in(client, email))
    start_worker(settings, HANDLERS)
    await asyncio.to_thread(mailbox.wait_for, 1)

    forgot = await client.post("/v1/auth/password/forgot", json={"email": email})
    assert forgot.status_code == 202
    await asyncio.to_thread(mailbox.wait_for, 2)
    reset = {"token": token_in(mailbox.messages[1]), "new_password": "a completely new password"}
    assert (await client.post("/v1/auth/password/reset", json=reset)).status_code == 204

    assert (await client.get("/v1/users/me", headers=headers)).status_code == 401
    assert (await log_in(client, email)).status_code == 401
    assert (await log_in(client, email, reset["new_password"])).is_success


async def test_a_new_password_needs_the_current_one(client: Client) -> None:
    email = new_email()
    await sign_up(client, email)
    headers = credentials(await log_in(client, email))
    change = {"current_password": "certainly not this", "new_password": "a completely new password"}

    refused = await client.put("/v1/users/me/password", json=change, headers=headers)
    assert refused.status_code == 401
    change["current_password"] = PASSWORD
    changed = await client.put("/v1/users/me/password", json=change, headers=headers)

    assert changed.status_code == 204
    assert (await client.get("/v1/users/me", headers=headers)).status_code == 401
