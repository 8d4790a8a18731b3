"""Settings without a default that this kind of sign-in needs."""

from __future__ import annotations

AUTH_SETTINGS: dict[str, str] = {}
