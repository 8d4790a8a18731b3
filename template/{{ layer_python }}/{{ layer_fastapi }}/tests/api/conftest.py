"""Clients of the application in this process: real services, no socket between."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
from starlette.types import Receive, Scope, Send

from app.api.app import build
from app.config import Settings
from tests.api.accounts import Client, Connect


@asynccontextmanager
async def connected(settings: Settings) -> AsyncIterator[Client]:
    app = build(settings)
    async with app.router.lifespan_context(app) as state:

        async def serve(scope: Scope, receive: Receive, send: Send) -> None:
            # As a server does: each request sees what the lifespan yielded.
            await app({**scope, "state": dict(state or {})}, receive, send)

        transport = httpx.ASGITransport(serve, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="https://api.test") as client:
            yield client


@pytest.fixture
def connect() -> Connect:
    """Opens a client of an application with the given settings, and with a cookie jar."""
    return connected


@pytest.fixture
async def client(settings: Settings) -> AsyncIterator[Client]:
    async with connected(settings) as client:
        yield client
