"""Password hashing off the event loop, and only a few at a time: each one takes 19 MiB."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from app.security import passwords

CONCURRENT_HASHES = 4


class Hashing:
    def __init__(self) -> None:
        self._slots = asyncio.Semaphore(CONCURRENT_HASHES)

    async def hash(self, password: str) -> str:
        async with self._slots:
            return await asyncio.to_thread(passwords.hash_password, password)

    @asynccontextmanager
    async def slot(self) -> AsyncIterator[None]:
        """A turn to verify; what is decided inside it is decided for a few callers at a time."""
        async with self._slots:
            yield

    async def verify(self, password_hash: str | None, password: str) -> bool:
        """To be called inside a slot."""
        return await asyncio.to_thread(passwords.verify_password, password_hash, password)
