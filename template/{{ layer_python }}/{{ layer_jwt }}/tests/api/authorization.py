"""What a signed-in client sends along: an access token."""

from __future__ import annotations

import httpx

from tests.api.accounts import Client, log_in, sign_up

COOKIE = "__Host-refresh_token"


def credentials(login: httpx.Response) -> dict[str, str]:
    """The headers of a request after this login."""
    return {"Authorization": f"Bearer {login.json()['access_token']}"}


async def new_user(client: Client) -> dict[str, str]:
    """The headers of a user who has just signed up and in."""
    email = (await sign_up(client)).json()["email"]
    return credentials(await log_in(client, email))
