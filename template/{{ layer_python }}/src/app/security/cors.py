"""Cross-origin resource sharing: exact origins only, and never a wildcard with credentials."""

from __future__ import annotations

from collections.abc import Collection

ALLOW_METHODS = "GET, POST, PUT, PATCH, DELETE"
ALLOW_HEADERS = "authorization, content-type, if-match, if-none-match, traceparent"
EXPOSE_HEADERS = "ETag, Location, Retry-After, X-Request-Id"
PREFLIGHT_MAX_AGE = "600"


def cors_headers(origin: str | None, allowed_origins: Collection[str]) -> dict[str, str]:
    """Headers for a response to `origin`; an origin that is not listed gets none of them."""
    if not allowed_origins:
        return {}
    if origin is None or not (origin in allowed_origins or "*" in allowed_origins):
        return {"Vary": "Origin"}
    return {
        "Access-Control-Allow-Origin": origin,
        "Access-Control-Allow-Credentials": "true",
        "Access-Control-Expose-Headers": EXPOSE_HEADERS,
        "Vary": "Origin",
    }


def preflight_headers(origin: str | None, allowed_origins: Collection[str]) -> dict[str, str]:
    headers = cors_headers(origin, allowed_origins)
    if "Access-Control-Allow-Origin" in headers:
        headers["Access-Control-Allow-Methods"] = ALLOW_METHODS
        headers["Access-Control-Allow-Headers"] = ALLOW_HEADERS
        headers["Access-Control-Max-Age"] = PREFLIGHT_MAX_AGE
    return headers
