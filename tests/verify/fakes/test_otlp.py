"""The receiver, sent real OTLP messages."""

from __future__ import annotations

import gzip
import time
from collections.abc import Iterator

import httpx
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from roadbed.verify.fakes.otlp import OtlpReceiver

TRACE = "0af7651916cd43dd8448eb211c80319c"


@pytest.fixture
def receiver() -> Iterator[OtlpReceiver]:
    with OtlpReceiver() as receiver:
        yield receiver


def export() -> bytes:
    request = ExportTraceServiceRequest()
    span = request.resource_spans.add().scope_spans.add().spans.add()
    span.trace_id, span.span_id = bytes.fromhex(TRACE), bytes.fromhex("b7ad6b7169203331")
    span.name, span.kind, span.status.code = "GET /v1/posts", 2, 2
    attribute = span.attributes.add()
    attribute.key, attribute.value.int_value = "http.response.status_code", 500
    data: bytes = request.SerializeToString()
    return data


def post(receiver: OtlpReceiver, body: bytes, **headers: str) -> httpx.Response:
    headers = {"Content-Type": "application/x-protobuf"} | headers
    return httpx.post(f"{receiver.url}/v1/traces", content=body, headers=headers, timeout=5)


def test_decodes_plain_and_gzip(receiver: OtlpReceiver) -> None:
    assert post(receiver, export()).status_code == 200
    assert post(receiver, gzip.compress(export()), **{"Content-Encoding": "gzip"}).is_success
    first, second = receiver.wait(lambda span: span.trace_id == TRACE, count=2)
    assert first.attributes == {"http.response.status_code": 500}
    assert (first.kind, first.status, first.parent_id) == ("SERVER", "ERROR", "")
    assert second.name == "GET /v1/posts"
    assert "http.response.status_code" in first.text
    assert receiver.spans(kind="CONSUMER") == []


def test_decodes_a_chunked_body(receiver: OtlpReceiver) -> None:
    body = export()
    answer = httpx.post(
        f"{receiver.url}/v1/traces",
        content=iter([body[:10], body[10:]]),
        headers={"Content-Type": "application/x-protobuf"},
    )
    assert answer.status_code == 200
    assert len(receiver.spans(TRACE)) == 1


def test_remembers_what_was_no_otlp(receiver: OtlpReceiver) -> None:
    assert post(receiver, b"\xff\xff\xff").status_code == 400
    assert post(receiver, export(), **{"Content-Type": "application/json"}).status_code == 400
    assert len(receiver.faults) == 2
    assert receiver.spans() == []


def test_slow_then_down_then_back(receiver: OtlpReceiver) -> None:
    receiver.slow(0.4)
    started = time.monotonic()
    assert post(receiver, export()).status_code == 200
    assert time.monotonic() - started >= 0.4
    receiver.down()
    with pytest.raises(httpx.ConnectError):
        post(receiver, export())
    receiver.reset()
    assert post(receiver, export()).status_code == 200
    assert len(receiver.spans()) == 2
