"""The OpenID provider, over HTTP: bounded in time, and never trusted for more than its keys."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx

from app.config.social import SocialSettings
from app.rules import provider
from app.rules.provider import ProviderUnavailable
from app.security.openid import Identity, IdTokenInvalid, Transaction, read_id_token


class Provider:
    def __init__(self, settings: SocialSettings) -> None:
        self._settings = settings
        self._client = httpx.AsyncClient(timeout=provider.TIMEOUT_SECONDS)
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
        request = provider.token_request(self._settings, code, transaction)
        answer = await self._ask("POST", str(metadata["token_endpoint"]), **request)
        return await self._read(provider.id_token_in(answer), metadata, transaction)

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
            metadata = await self._ask("GET", provider.discovery_url(self._settings))
            self._metadata = provider.known_metadata(metadata, self._settings)
        return self._metadata

    async def _ask(self, method: str, url: str, **request: Any) -> dict[str, Any]:
        try:
            response = await self._client.request(method, url, **request)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise ProviderUnavailable from error
        return provider.body_of(response)
