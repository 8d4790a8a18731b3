"""Password hashing, only a few at a time: each one takes 19 MiB."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from app.security import passwords

CONCURRENT_HASHES = 4


class Hashing:
    def __init__(self) -> None:
        self._slots = threading.BoundedSemaphore(CONCURRENT_HASHES)
        # In threads of their own: the allocator keeps what a hash took for the thread that took
        # it, and in time every thread that serves requests would hold its 19 MiB.
        self._threads = ThreadPoolExecutor(CONCURRENT_HASHES, thread_name_prefix="hashing")

    def hash(self, password: str) -> str:
        with self._slots:
            return self._threads.submit(passwords.hash_password, password).result()

    @contextmanager
    def slot(self) -> Iterator[None]:
        """A turn to verify; what is decided inside it is decided for a few callers at a time."""
        with self._slots:
            yield

    def verify(self, password_hash: str | None, password: str) -> bool:
        """To be called inside a slot."""
        return self._threads.submit(passwords.verify_password, password_hash, password).result()
