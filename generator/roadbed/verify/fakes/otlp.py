"""An OTLP/HTTP receiver that keeps the spans it is sent; it can turn slow or vanish."""

from __future__ import annotations

import gzip
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from google.protobuf.message import DecodeError  # type: ignore[import-untyped]
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)

from roadbed.verify.fakes.port import HeldPort

_KINDS = {0: "UNSPECIFIED", 1: "INTERNAL", 2: "SERVER", 3: "CLIENT", 4: "PRODUCER", 5: "CONSUMER"}
_STATUSES = {0: "UNSET", 1: "OK", 2: "ERROR"}


@dataclass(frozen=True)
class Span:
    """Ids are lower-case hex ('' for no parent); times are nanoseconds since the epoch."""

    trace_id: str
    span_id: str
    parent_id: str
    name: str
    kind: str
    status: str
    attributes: dict[str, Any]
    resource: dict[str, Any]
    started: int
    ended: int
    received: float
    text: str = field(repr=False)
    """Everything the span says, for searches after secrets."""


class OtlpReceiver:
    """Serves POST /v1/traces (protobuf, gzip or plain). `delay` seconds before each answer."""

    def __init__(self, address: str = "127.0.0.1") -> None:
        self._port = HeldPort(address)
        self._changed = threading.Condition()
        self._spans: list[Span] = []
        self._server: _Server | None = None
        self.delay = 0.0
        self.requests = 0
        self.faults: list[str] = []
        """Requests that were no OTLP: what was wrong with each."""

    def start(self) -> OtlpReceiver:
        self.up()
        return self

    def stop(self) -> None:
        self.down()
        self._port.release()

    def __enter__(self) -> OtlpReceiver:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def port(self) -> int:
        return self._port.number

    @property
    def url(self) -> str:
        """The value of OTEL_EXPORTER_OTLP_ENDPOINT."""
        return f"http://{self._port.address}:{self.port}"

    def down(self) -> None:
        """The port is closed: connections are refused."""
        server, self._server = self._server, None
        if server is not None:
            server.shutdown()
            server.server_close()

    def up(self) -> None:
        if self._server is None:
            self._server = _Server(self, self._port)
            threading.Thread(
                target=self._server.serve_forever, args=(0.05,), name="otlp", daemon=True
            ).start()

    def slow(self, seconds: float) -> None:
        self.delay = seconds

    def reset(self) -> None:
        """Up and quick. Kept spans stay."""
        self.delay = 0.0
        self.up()

    def spans(self, trace_id: str | None = None, *, kind: str | None = None) -> list[Span]:
        with self._changed:
            return [
                span
                for span in self._spans
                if trace_id in (None, span.trace_id) and kind in (None, span.kind)
            ]

    def wait(
        self, matching: Callable[[Span], bool], *, count: int = 1, timeout: float = 10.0
    ) -> list[Span]:
        """What matches as soon as there are `count`, or at the timeout; the caller judges."""
        deadline = time.monotonic() + timeout
        with self._changed:
            while True:
                found = [span for span in self._spans if matching(span)]
                left = deadline - time.monotonic()
                if len(found) >= count or left <= 0:
                    return found
                self._changed.wait(left)

    def receive(self, body: bytes) -> None:
        """Decodes one export; raises DecodeError on what is no OTLP message."""
        spans = list(_decode(body))
        with self._changed:
            self.requests += 1
            self._spans.extend(spans)
            self._changed.notify_all()

    def fault(self, what: str) -> None:
        with self._changed:
            self.faults.append(what)


def _decode(body: bytes) -> Iterator[Span]:
    request = ExportTraceServiceRequest()
    request.ParseFromString(body)
    now = time.time()
    for resource_spans in request.resource_spans:
        resource = _attributes(resource_spans.resource.attributes)
        for scope in resource_spans.scope_spans:
            for span in scope.spans:
                yield Span(
                    trace_id=span.trace_id.hex(),
                    span_id=span.span_id.hex(),
                    parent_id=span.parent_span_id.hex(),
                    name=span.name,
                    kind=_KINDS.get(span.kind, str(span.kind)),
                    status=_STATUSES.get(span.status.code, str(span.status.code)),
                    attributes=_attributes(span.attributes),
                    resource=resource,
                    started=span.start_time_unix_nano,
                    ended=span.end_time_unix_nano,
                    received=now,
                    text=f"{resource} {span}",
                )


def _attributes(pairs: Any) -> dict[str, Any]:
    return {pair.key: _value(pair.value) for pair in pairs}


def _value(value: Any) -> Any:
    which = value.WhichOneof("value")
    if which is None:
        return None
    if which == "array_value":
        return [_value(item) for item in value.array_value.values]
    if which == "kvlist_value":
        return _attributes(value.kvlist_value.values)
    return getattr(value, which)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, receiver: OtlpReceiver, port: HeldPort) -> None:
        self.receiver = receiver
        super().__init__((port.address, port.number), _Handler, bind_and_activate=False)
        self.socket.close()
        self.socket = port.listener()
        self.server_address = self.socket.getsockname()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Senders that are killed reset their connections: nothing to tell."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 30
    server: _Server

    def do_POST(self) -> None:
        receiver = self.server.receiver
        body = self._body()
        if receiver.delay:
            time.sleep(receiver.delay)
        if self.path == "/v1/traces":
            media_type = self.headers.get("Content-Type", "")
            try:
                if media_type != "application/x-protobuf":
                    raise DecodeError(f"Content-Type {media_type!r}")
                receiver.receive(body)
            except DecodeError as error:
                receiver.fault(f"POST {self.path}: {error}")
                self._answer(400, b"")
                return
        self._answer(200, ExportTraceServiceResponse().SerializeToString())

    def _body(self) -> bytes:
        if "chunked" in self.headers.get("Transfer-Encoding", "").lower():
            body = b"".join(self._chunks())
        else:
            body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        if self.headers.get("Content-Encoding") == "gzip":
            return gzip.decompress(body)
        return body

    def _chunks(self) -> Iterator[bytes]:
        while size := int(self.rfile.readline().split(b";")[0], 16):
            yield self.rfile.read(size)
            self.rfile.readline()
        while self.rfile.readline().strip():
            pass

    def _answer(self, status: int, body: bytes) -> None:
        try:
            self.send_response(status)
            self.send_header("Content-Type", "application/x-protobuf")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
        except OSError:
            self.close_connection = True  # the sender gave up; nobody is left to tell

    def log_message(self, format: str, *args: Any) -> None:
        """Silent: the suite's output is the report."""
