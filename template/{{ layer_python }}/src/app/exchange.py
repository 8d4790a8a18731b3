"""What is known of the request that is being answered."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID

import structlog

from app.observability.metrics import HTTP_DURATION
from app.observability.tracing import OpenSpan, end_server_span, start_server_span
from app.rate_policies import Decision

REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,128}")
PROBES = frozenset({"/healthz", "/readyz"})
DEFAULT_CACHE_CONTROL = "no-store"

log = structlog.get_logger(__name__)


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

    def identified(self, user_id: UUID | None) -> None:
        """Who is calling, if anybody; the log says so from here on."""
        self.user_id = user_id
        if user_id:
            structlog.contextvars.bind_contextvars(user_id=str(user_id))


def request_id_of(header: str | None) -> str:
    """The caller's own id if it is a sound one, else a new one."""
    if header is not None and REQUEST_ID.fullmatch(header):
        return header
    return str(uuid.uuid4())


def begin(exchange: Exchange, method: str, traceparent: str | None) -> OpenSpan:
    """Open the request's span, and give its ids to every line that is logged from here on."""
    span = start_server_span(method, traceparent)
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(
        request_id=exchange.request_id,
        trace_id=span.context.trace_id,
        span_id=span.context.span_id,
        client_ip=exchange.client_ip,
    )
    return span


def end(
    exchange: Exchange,
    span: OpenSpan,
    *,
    method: str,
    route: str,
    path: str,
    status: int,
    seconds: float,
) -> None:
    """Measure the request, log it unless it was a probe, and close its span.

    `route` is the path as it was declared, such as `/v1/posts/{id}`, or "" if none matches.
    """
    HTTP_DURATION.labels(method, route, str(status)).observe(seconds)
    if path not in PROBES:
        caller = {"user_id": str(exchange.user_id)} if exchange.user_id else {}
        log.info(
            "http_request",
            method=method,
            route=route,
            status=status,
            duration_ms=round(seconds * 1000, 3),
            **caller,
        )
    end_server_span(span, method, route, path, status)
