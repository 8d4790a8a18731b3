"""The OpenID provider, over HTTP: bounded in time, and never trusted for more than its keys."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx

from app.config.social import SocialSettings
from app.security.openid import Identity, IdTokenInvalid, Transaction, read_id_token

TIMEOUT_SECONDS = 2.5


class ProviderUnavailable(Exception):
    """The provider is down, silent, or does not speak OpenID Connect."""


class Provider:
    def __init__(self, settings: SocialSettings) -> None:
        self._settings = settings
        self._client = httpx.AsyncClient(timeout=TIMEOUT_SECONDS)
        self._metadata: dict[str, Any] | None = None
        self._keys: dict[str, Any] | None = None

    async def close(self) -> None:
        await self._client.aclose()

    async def authorization_endpoint(self) -> str:
        """Raises ProviderUnavailable."""
        return str((await self._discover())["authorization_endpoint"])

    async def redeem(self, code: str, transaction: Transaction) -> Identity:
        """Exchange the code for an identity. Raises ProviderUnavailable or IdTokenInvalid."""
        metadata = await self._discover()
        settings = self._settings
        answer = await self._ask(
            "POST",
            str(metadata["token_endpoint"]),
            auth=httpx.BasicAuth(settings.oauth_client_id, settings.oauth_client_secret),
            data={
                "grant_type": "authorization_code",
                "code": code,
                "redirect_uri": settings.oauth_redirect_uri,
                "code_verifier": transaction.verifier,
            },
        )
        id_token = answer.get("id_token")
        if not isinstance(id_token, str):
            raise IdTokenInvalid
        return await self._read(id_token, metadata, transaction)

    async def _read(
        self, id_token: str, metadata: Mapping[str, Any], transaction: Transaction
    ) -> Identity:
        known_keys = self._keys
        if known_keys is not None:
            try:
                return read_id_token(id_token, known_keys, self._settings, transaction.nonce)
            except IdTokenInvalid:
                # Perhaps signed with a key that is newer than what we know.
                pass
        self._keys = await self._ask("GET", str(metadata["jwks_uri"]))
        return read_id_token(id_token, self._keys, self._settings, transaction.nonce)

    async def _discover(self) -> dict[str, Any]:
        if self._metadata is None:
            issuer = self._settings.oauth_issuer.rstrip("/")
            metadata = await self._ask("GET", f"{issuer}/.well-known/openid-configuration")
            needed = ("authorization_endpoint", "token_endpoint", "jwks_uri")
            if metadata.get("issuer") != self._settings.oauth_issuer or not all(
                isinstance(metadata.get(name), str) for name in needed
            ):
                raise ProviderUnavailable
            self._metadata = metadata
        return self._metadata

    async def _ask(self, method: str, url: str, **request: Any) -> dict[str, Any]:
        try:
            response = await self._client.request(method, url, **request)
            body = response.json() if response.content else None
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
            raise ProviderUnavailable from error
        if response.is_client_error:
            # It does answer, but does not accept the code.
            raise IdTokenInvalid
        if not response.is_success or not isinstance(body, dict):
            raise ProviderUnavailable
        return body
