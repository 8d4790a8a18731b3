"""Traces: W3C trace context always, OpenTelemetry spans when a collector is configured.

Every request and job has a trace id and a span id, so that log lines can be joined even where
tracing is off. The OpenTelemetry SDK is only imported when it is on.
"""

from __future__ import annotations

import os
import re
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, NamedTuple

import structlog

from app.config.core import CoreSettings

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.trace import Span, Tracer

FLUSH_SECONDS = 3
_TRACEPARENT = re.compile(r"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?")


class TraceContext(NamedTuple):
    trace_id: str
    span_id: str
    sampled: bool = True

    @property
    def traceparent(self) -> str:
        return f"00-{self.trace_id}-{self.span_id}-{'01' if self.sampled else '00'}"


class OpenSpan(NamedTuple):
    """A span that has begun: its identity, and what to do with it if tracing is on."""

    context: TraceContext
    recording: Span | None


_current: ContextVar[TraceContext | None] = ContextVar("trace_context", default=None)
_provider: TracerProvider | None = None
_tracer: Tracer | None = None


def configure(settings: CoreSettings) -> None:
    """Turn span export on if an OTLP endpoint is set; otherwise do nothing."""
    global _provider, _tracer
    endpoint = settings.otel_exporter_otlp_endpoint
    if not (endpoint or os.environ.get("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")):
        return
    os.environ.setdefault("OTEL_SERVICE_NAME", settings.service_name)
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    _provider = TracerProvider(shutdown_on_exit=False)
    _provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    _tracer = _provider.get_tracer("app")


def shutdown() -> None:
    """Send what is left, but never let a slow collector hold the process."""
    if _provider is None:
        return
    flush = threading.Thread(target=_provider.shutdown, daemon=True)
    flush.start()
    flush.join(FLUSH_SECONDS)


def parse_traceparent(header: str | None) -> TraceContext | None:
    """The caller's trace context, or None if there is none or it is malformed."""
    match = _TRACEPARENT.fullmatch(header) if header else None
    if match is None:
        return None
    version, trace_id, span_id, flags, rest = match.groups()
    malformed = version == "ff" or (version == "00" and rest)
    if malformed or not trace_id.strip("0") or not span_id.strip("0"):
        return None
    return TraceContext(trace_id, span_id, bool(int(flags, 16) & 1))


def current_traceparent() -> str | None:
    context = _current.get()
    return context.traceparent if context else None


def start_server_span(method: str, traceparent: str | None) -> OpenSpan:
    """Begin the span of one HTTP request; end it with `end_server_span`."""
    span = _start(method, parse_traceparent(traceparent), kind="SERVER")
    _current.set(span.context)
    return span


def end_server_span(span: OpenSpan, method: str, route: str, path: str, status: int) -> None:
    recording = span.recording
    if recording is None:
        return
    from opentelemetry.trace import StatusCode

    if route:
        recording.update_name(f"{method} {route}")
        recording.set_attribute("http.route", route)
    recording.set_attribute("http.request.method", method)
    recording.set_attribute("http.response.status_code", status)
    recording.set_attribute("url.path", path)
    recording.set_attribute("url.scheme", "http")
    if status >= 500:
        recording.set_status(StatusCode.ERROR)
        recording.set_attribute("error.type", str(status))
    recording.end()


@contextmanager
def consumer_span(traceparent: str | None, job_type: str, job_id: str) -> Iterator[TraceContext]:
    """The span of one run of a job, a child of the request that enqueued it."""
    span = _start(f"process {job_type}", parse_traceparent(traceparent), kind="CONSUMER")
    recording = span.recording
    if recording is not None:
        recording.set_attributes(
            {
                "messaging.system": "jobs",
                "messaging.operation.type": "process",
                "messaging.operation.name": "process",
                "messaging.destination.name": job_type,
                "messaging.message.id": job_id,
            }
        )
    token = _current.set(span.context)
    ids = {"trace_id": span.context.trace_id, "span_id": span.context.span_id}
    try:
        with structlog.contextvars.bound_contextvars(**ids):
            yield span.context
    except BaseException:
        if recording is not None:
            from opentelemetry.trace import StatusCode

            recording.set_status(StatusCode.ERROR)
        raise
    finally:
        _current.reset(token)
        if recording is not None:
            recording.end()


def _start(name: str, parent: TraceContext | None, kind: str) -> OpenSpan:
    if _tracer is None:
        trace_id = parent.trace_id if parent else secrets.token_hex(16)
        return OpenSpan(TraceContext(trace_id, secrets.token_hex(8)), None)
    from opentelemetry.trace import SpanKind

    recording = _tracer.start_span(name, context=_as_otel_context(parent), kind=SpanKind[kind])
    own = recording.get_span_context()
    context = TraceContext(f"{own.trace_id:032x}", f"{own.span_id:016x}", own.trace_flags.sampled)
    return OpenSpan(context, recording)


def _as_otel_context(parent: TraceContext | None) -> Any:
    from opentelemetry.context import Context
    from opentelemetry.trace import (
        NonRecordingSpan,
        SpanContext,
        TraceFlags,
        set_span_in_context,
    )

    if parent is None:
        return Context()
    remote = SpanContext(
        trace_id=int(parent.trace_id, 16),
        span_id=int(parent.span_id, 16),
        is_remote=True,
        trace_flags=TraceFlags(int(parent.sampled)),
    )
    return set_span_in_context(NonRecordingSpan(remote), Context())
