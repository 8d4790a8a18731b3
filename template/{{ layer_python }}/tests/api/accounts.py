"""Signing up and in, as a client does it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import TypeAlias
from uuid import uuid4

import httpx

from app.config import Settings

Client: TypeAlias = httpx.AsyncClient
Connect: TypeAlias = Callable[[Settings], AbstractAsyncContextManager[Client]]

PASSWORD = "correct horse battery staple"


def new_email() -> str:
    return f"{uuid4().hex}@app.test"


async def sign_up(client: Client, email: str | None = None) -> httpx.Response:
    account = {"email": email or new_email(), "name": "Ada", "password": PASSWORD}
    return await client.post("/v1/users", json=account)


async def log_in(client: Client, email: str, password: str = PASSWORD) -> httpx.Response:
    """Each time from a browser that has no cookie yet."""
    client.cookies.clear()
    return await client.post("/v1/auth/login", json={"email": email, "password": password})
