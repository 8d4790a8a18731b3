"""Clients of the application in this process: real services, no socket between."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest

from app.api.app import build
from app.config import Settings
from tests.api.accounts import Client, Connect
from tests.api.threads import ThreadTransport
from tests.project import ENVIRONMENT


@asynccontextmanager
async def connected(settings: Settings) -> AsyncIterator[Client]:
    app = build(settings)
    transport = ThreadTransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="https://api.test") as client:
        yield client
    app.services.close()


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    # Django reads its settings when it is set up, which is once in a process.
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, os.environ.get(name, value))


@pytest.fixture
def connect(_environment: None) -> Connect:
    """Opens a client of an application with the given settings, and with a cookie jar."""
    return connected


@pytest.fixture
async def client(_environment: None, settings: Settings) -> AsyncIterator[Client]:
    async with connected(settings) as client:
        yield client
