"""What a signed-in client sends along: the cookie of its session."""

from __future__ import annotations

import httpx

from tests.api.accounts import Client, log_in, sign_up

COOKIE = "__Host-session"


def credentials(login: httpx.Response) -> dict[str, str]:
    """The headers of a request after this login."""
    return {"Cookie": f"{COOKIE}={login.cookies[COOKIE]}"}


async def new_user(client: Client) -> dict[str, str]:
    """The headers of a user who has just signed up and in."""
    email = (await sign_up(client)).json()["email"]
    headers = credentials(await log_in(client, email))
    # The jar would sign in requests that are sent without these headers, too.
    client.cookies.clear()
    return headers
