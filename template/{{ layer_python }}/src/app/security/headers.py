"""Headers that every response carries."""

from __future__ import annotations

from app.config.core import CoreSettings


def security_headers(settings: CoreSettings) -> dict[str, str]:
    headers = {
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
    }
    # An API answers with data only; the exception is development, whose /docs is a page.
    if settings.app_env != "development":
        headers["Content-Security-Policy"] = "default-src 'none'; frame-ancestors 'none'"
    if settings.cookie_secure:
        headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"
    return headers
