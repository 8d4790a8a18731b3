"""Settings of sign-in by access token and refresh cookie."""

from __future__ import annotations

import re

from pydantic import field_validator

from app.config.core import CoreSettings, WholeSeconds

MIN_SECRET_BYTES = 32
MIN_DISTINCT_CHARACTERS = 8
GUESSABLE = re.compile(r"change|secret|example|password", re.IGNORECASE)


class AuthSettings(CoreSettings):
    jwt_secret: str
    jwt_issuer: str
    jwt_audience: str
    access_token_ttl: WholeSeconds = 900
    refresh_token_ttl: WholeSeconds = 2_592_000

    @field_validator("jwt_secret")
    @classmethod
    def _strong(cls, value: str) -> str:
        if len(value.encode()) < MIN_SECRET_BYTES:
            raise ValueError(f"must have at least {MIN_SECRET_BYTES} bytes")
        if len(set(value)) < MIN_DISTINCT_CHARACTERS:
            raise ValueError(f"must have at least {MIN_DISTINCT_CHARACTERS} distinct characters")
        if GUESSABLE.search(value):
            raise ValueError("must be random, not a word anyone would try")
        return value
