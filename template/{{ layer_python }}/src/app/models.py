"""Rows as the rest of the service sees them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID


@dataclass(frozen=True, slots=True)
class User:
    id: UUID
    email: str
    name: str
    password_hash: str | None
    email_verified_at: datetime | None
    token_version: int
    created_at: datetime

    @property
    def email_verified(self) -> bool:
        return self.email_verified_at is not None


@dataclass(frozen=True, slots=True)
class Post:
    id: UUID
    author_id: UUID
    title: str
    body: str
    version: int
    created_at: datetime
    updated_at: datetime

    @property
    def etag(self) -> str:
        return f'"{self.version}"'


@dataclass(frozen=True, slots=True)
class Job:
    """A job as its owner may see it: no payload, and never the exception."""

    id: UUID
    type: str
    status: str
    attempts: int
    created_at: datetime
    finished_at: datetime | None
    result: dict[str, Any] | None

    @property
    def error(self) -> str | None:
        return "The job failed and will not be tried again." if self.status == "dead" else None
