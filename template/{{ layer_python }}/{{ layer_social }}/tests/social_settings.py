"""Settings without a default that sign-in through a provider needs."""

from __future__ import annotations

SOCIAL_SETTINGS = {
    "oauth_provider": "acme",
    "oauth_issuer": "https://id.acme.test",
    "oauth_client_id": "client-1",
    "oauth_client_secret": "9d1f0b7a42c6e385",
    "oauth_redirect_uri": "https://api.test/v1/auth/oauth/acme/callback",
    "oauth_success_url": "https://app.test/welcome",
    "oauth_failure_url": "https://app.test/sign-in",
}
