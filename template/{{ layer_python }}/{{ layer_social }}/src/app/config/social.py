"""Settings of sign-in through an OpenID Connect provider."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import Field, field_validator

from app.config.core import CoreSettings, HttpUrl

GUESSABLE = re.compile(r"change|secret|example|password", re.IGNORECASE)


class SocialSettings(CoreSettings):
    # The provider's name in our own paths.
    oauth_provider: Annotated[str, Field(pattern=r"^[a-z0-9-]+$")]
    oauth_issuer: HttpUrl
    oauth_client_id: str
    oauth_client_secret: str
    oauth_redirect_uri: HttpUrl
    oauth_success_url: HttpUrl
    oauth_failure_url: HttpUrl

    @field_validator("oauth_client_secret")
    @classmethod
    def _not_a_placeholder(cls, value: str) -> str:
        if GUESSABLE.search(value):
            raise ValueError("must be the secret that the provider gave you, not a placeholder")
        return value
