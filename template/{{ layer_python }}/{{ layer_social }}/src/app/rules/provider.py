"""The OpenID provider: what it is asked, and which answers are OpenID Connect."""

from __future__ import annotations

from typing import Any

import httpx

from app.config.social import SocialSettings
from app.security.openid import IdTokenInvalid, Transaction

TIMEOUT_SECONDS = 2.5
_ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri")


class ProviderUnavailable(Exception):
    """The provider is down, silent, or does not speak OpenID Connect."""


def discovery_url(settings: SocialSettings) -> str:
    return f"{settings.oauth_issuer.rstrip('/')}/.well-known/openid-configuration"


def known_metadata(metadata: dict[str, Any], settings: SocialSettings) -> dict[str, Any]:
    """The metadata, if they are the issuer's own and whole. Raises ProviderUnavailable."""
    whole = all(isinstance(metadata.get(name), str) for name in _ENDPOINTS)
    if metadata.get("issuer") != settings.oauth_issuer or not whole:
        raise ProviderUnavailable
    return metadata


def token_request(settings: SocialSettings, code: str, transaction: Transaction) -> dict[str, Any]:
    """What the code is exchanged with, as httpx takes it."""
    return {
        "auth": httpx.BasicAuth(settings.oauth_client_id, settings.oauth_client_secret),
        "data": {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": settings.oauth_redirect_uri,
            "code_verifier": transaction.verifier,
        },
    }


def id_token_in(answer: dict[str, Any]) -> str:
    """Raises IdTokenInvalid if there is none."""
    id_token = answer.get("id_token")
    if not isinstance(id_token, str):
        raise IdTokenInvalid
    return id_token


def body_of(response: httpx.Response) -> dict[str, Any]:
    """Raises ProviderUnavailable, or IdTokenInvalid if the code was not accepted."""
    try:
        body = response.json() if response.content else None
    except ValueError as error:
        raise ProviderUnavailable from error
    if response.is_client_error:
        raise IdTokenInvalid
    if not response.is_success or not isinstance(body, dict):
        raise ProviderUnavailable
    return body
