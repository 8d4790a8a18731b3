"""From an ASGI scope to what is known of the request."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.exchange import Exchange


def exchange_of(scope: Mapping[str, Any]) -> Exchange:
    exchange: Exchange = scope["state"]["exchange"]
    return exchange
