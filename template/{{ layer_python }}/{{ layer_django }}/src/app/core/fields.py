"""Column types that Django does not have."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper


class Timestamp(models.DateTimeField):  # type: ignore[type-arg]
    """A point in time, to the millisecond: what is shown to clients is what is compared."""

    def db_type(self, connection: BaseDatabaseWrapper) -> str:
        return "timestamptz(3)"


class PasswordHash(models.TextField):  # type: ignore[type-arg]
    """An Argon2id hash as its specification writes it, without the algorithm that Django puts
    in front: any library can verify it."""

    PREFIX = "argon2"

    def from_db_value(self, value: str | None, *_: object) -> str | None:
        return self.PREFIX + value if value else value

    def get_prep_value(self, value: Any) -> Any:
        prepared = super().get_prep_value(value)
        return prepared.removeprefix(self.PREFIX) if prepared else None
