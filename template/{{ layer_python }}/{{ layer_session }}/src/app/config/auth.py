"""Settings of sign-in by a session that is kept on the server."""

from __future__ import annotations

from app.config.core import CoreSettings, WholeSeconds


class AuthSettings(CoreSettings):
    session_idle_ttl: WholeSeconds = 86_400
    session_absolute_ttl: WholeSeconds = 2_592_000
