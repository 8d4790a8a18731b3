"""Settings without a default that sign-in through a provider needs."""

from __future__ import annotations

SOCIAL_SETTINGS: dict[str, str] = {}
