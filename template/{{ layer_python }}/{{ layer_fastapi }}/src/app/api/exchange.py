"""What is known of the request that is being answered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from app.rate_limit import Decision


@dataclass(slots=True)
class Exchange:
    """Made when a request arrives, filled on its way in, read on the way out."""

    request_id: str
    client_ip: str
    user_id: UUID | None = None
    credential_sent: bool = False
    identity_unknown: bool = False
    body_seen: bool = False
    decisions: list[Decision] = field(default_factory=list)
    cors_headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def rate_limit_headers(self) -> dict[str, str]:
        """Those of the policy with the least left."""
        if not self.decisions:
            return {}
        return min(self.decisions, key=lambda decision: decision.remaining).headers


def exchange_of(scope: Mapping[str, Any]) -> Exchange:
    exchange: Exchange = scope["state"]["exchange"]
    return exchange
