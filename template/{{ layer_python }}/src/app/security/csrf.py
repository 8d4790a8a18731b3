"""Cross-site request forgery: refuse what a browser sends on behalf of another site.

Fetch Metadata with the origin as a fallback, as in Go's `http.CrossOriginProtection` and OWASP's
cheat sheet; no token and no extra cookie.
"""

from __future__ import annotations

from collections.abc import Collection
from urllib.parse import urlsplit

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})


def is_cross_site(
    *,
    method: str,
    authorization: str | None,
    origin: str | None,
    sec_fetch_site: str | None,
    host: str | None,
    allowed_origins: Collection[str],
) -> bool:
    """Whether the request has to be refused."""
    # A browser never adds an Authorization header by itself: such a request is deliberate.
    if method in SAFE_METHODS or authorization is not None:
        return False
    if origin is not None and origin in allowed_origins:
        return False
    if sec_fetch_site is not None:
        return sec_fetch_site not in ("same-origin", "none")
    if origin is None:
        return False
    try:
        return urlsplit(origin).netloc != (host or "")
    except ValueError:
        return True
