"""Clients of the application in this process: real services, no socket between."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest

from app.api.app import create_app, services_of
from app.config import Settings
from tests.api.accounts import Client, Connect
from tests.api.threads import ThreadTransport


@asynccontextmanager
async def connected(settings: Settings) -> AsyncIterator[Client]:
    app = create_app(settings)
    transport = ThreadTransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="https://api.test") as client:
        yield client
    services_of(app).close()


@pytest.fixture
def connect() -> Connect:
    """Opens a client of an application with the given settings, and with a cookie jar."""
    return connected


@pytest.fixture
async def client(settings: Settings) -> AsyncIterator[Client]:
    async with connected(settings) as client:
        yield client
