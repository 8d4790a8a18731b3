"""Settings without a default that this kind of sign-in needs."""

from __future__ import annotations

AUTH_SETTINGS = {
    "jwt_secret": "3f9a1c7e5b2d8046f1e3a5c7092b4d6e",
    "jwt_issuer": "https://api.test",
    "jwt_audience": "api.test",
}
