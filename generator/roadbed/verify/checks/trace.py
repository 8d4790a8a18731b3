"""OBS: traces. One trace from the caller's span to the job's, whatever happens between."""

from __future__ import annotations

import secrets
import signal
import statistics
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

from roadbed.verify.check import check
from roadbed.verify.checks.metrics import without_tables
from roadbed.verify.checks.obs import access_line
from roadbed.verify.checks.tools import request_id
from roadbed.verify.fakes.otlp import OtlpReceiver, Span
from roadbed.verify.jobs import mail_job
from roadbed.verify.process import Service
from roadbed.verify.target import Target


def traceparent(trace_id: str | None = None, span_id: str | None = None) -> tuple[str, str, str]:
    """A valid, sampled header value, its trace id and its span id."""
    trace_id, span_id = trace_id or secrets.token_hex(16), span_id or secrets.token_hex(8)
    return f"00-{trace_id}-{span_id}-01", trace_id, span_id


def server_span(t: Target, trace_id: str, did: str) -> Span:
    found = t.otlp.wait(lambda span: span.trace_id == trace_id and span.kind == "SERVER")
    t.equal(len(found), 1, did=f"{did}; counted SERVER spans of trace {trace_id}")
    return found[0]


@check("OBS-10", "a caller's trace is continued, and the log says so")
def trace_is_continued(t: Target) -> None:
    user = t.user("traced")
    post = user.post("/v1/posts", json={"title": "T", "body": "B"}).require(201).json["id"]
    for method, path, route, status in (
        ("GET", f"/v1/posts/{post}", "/v1/posts/{id}", 200),
        ("GET", f"/v1/posts/{uuid.uuid4()}", "/v1/posts/{id}", 404),
        ("POST", "/v1/auth/refresh" if user.auth == "jwt" else "/v1/auth/login", "", 0),
    ):
        value, trace_id, parent = traceparent()
        mark = request_id()
        headers = {"traceparent": value, "X-Request-Id": mark}
        answer = t.api.request(method, path, headers=headers)
        status, route = status or answer.status, route or path
        did = f"{method} {path} with traceparent {value}"
        t.equal(answer.status, status, did=did)
        span = server_span(t, trace_id, did)
        t.equal((span.name, span.parent_id), (f"{method} {route}", parent), did=did)
        wanted = {
            "http.request.method": method,
            "http.route": route,
            "http.response.status_code": status,
        }
        seen = {key: span.attributes.get(key) for key in wanted}
        t.equal(seen, wanted, did=f"{did}; read the span's attributes")
        t.expect(span.status != "ERROR", did=did, expected="no error below 500", saw=span.status)
        line = access_line(t, mark, did)
        logged = (line.get("trace_id"), line.get("span_id"))
        t.equal(logged, (trace_id, span.span_id), did=f"{did}; read the log line's ids")


@check("OBS-10", "a server error marks the span")
def server_error_marks_the_span(t: Target) -> None:
    value, trace_id, _ = traceparent()
    with without_tables(t) as service:
        answer = t.of(service).get("/v1/posts", headers={"traceparent": value})
        t.equal(answer.status, 500, did="read posts from a database without tables")
        span = server_span(t, trace_id, "read posts from a database without tables")
    t.equal(span.status, "ERROR", did="a 500; read the span's status")
    t.equal(span.attributes.get("http.response.status_code"), 500, did="a 500; read the span")


@check("OBS-10", "a broken traceparent starts a new trace")
def broken_traceparent(t: Target) -> None:
    trace, span = secrets.token_hex(16), secrets.token_hex(8)
    for what, value in {
        "trace id of zeros": f"00-{'0' * 32}-{span}-01",
        "span id of zeros": f"00-{trace}-{'0' * 16}-01",
        "upper-case hex": f"00-{'AB' * 16}-{span.upper()}-01",
        "short": f"00-{trace[:30]}-{span}-01",
        "version ff": f"ff-{trace}-{span}-01",
        "no hex": f"00-{'xy' * 16}-{span}-01",
        "more than version 00 has": f"00-{trace}-{span}-01-more",
        "garbage": "garbage",
        "empty": "",
    }.items():
        mark = request_id()
        answer = t.api.get(
            "/v1/posts?limit=1", headers={"traceparent": value, "X-Request-Id": mark}
        )
        did = f"traceparent {what}: {value!r}"
        t.equal(answer.status, 200, did=did)
        own = str(access_line(t, mark, did).get("trace_id"))
        t.expect(
            own not in (trace, "ab" * 16, "0" * 32) and len(own) == 32,
            did=did,
            expected="a new trace id in the log",
            saw=own,
        )
        root = server_span(t, own, did)
        t.equal(root.parent_id, "", did=f"{did}; read the SERVER span's parent")


# -- OBS-11 -----------------------------------------------------------------------------------


def signed_up_traced(t: Target, email: str) -> tuple[str, str]:
    """Signs up with a traceparent; the trace id and the job's id."""
    value, trace_id, _ = traceparent()
    body = {"email": email, "name": "Jo", "password": t.password()}
    answer = t.api.post("/v1/users", json=body, headers={"traceparent": value}).require(201)
    return trace_id, mail_job(t, answer.json["id"])


def consumer_spans(t: Target, trace_id: str, job_id: str, count: int, did: str) -> list[Span]:
    found = t.otlp.wait(
        lambda span: span.kind == "CONSUMER" and span.trace_id == trace_id,
        count=count,
        timeout=15,
    )
    t.expect(
        len(found) >= count,
        did=f"{did}; waited for CONSUMER spans of the request's trace",
        expected=f"{count} or more",
        saw=f"{len(found)}: {found}",
    )
    for span in found:
        wanted = {"messaging.operation.type": "process", "messaging.message.id": job_id}
        seen = {key: span.attributes.get(key) for key in wanted}
        t.equal(seen, wanted, did=f"{did}; read the CONSUMER span's attributes")
    return found


@check("OBS-11", "the trace reaches the worker, on each retry too", profile="fast")
def trace_reaches_the_worker(t: Target) -> None:
    email = t.email("traced")
    t.smtp.refuse(email)
    trace_id, job_id = signed_up_traced(t, email)
    did = "signed up with a traceparent, sink answering 451 at first"
    server = server_span(t, trace_id, did)
    t.smtp.wait_attempts(email, count=2, timeout=15)
    t.smtp.accept(email)
    t.expect(t.smtp.wait(email, timeout=15), did=did, expected="a mail", saw="none")
    spans = consumer_spans(t, trace_id, job_id, 3, did)
    t.equal(len({span.span_id for span in spans}), len(spans), did=f"{did}; compared span ids")
    parents = {span.parent_id for span in t.otlp.spans(trace_id)} - {""}
    t.expect(server.span_id in parents, did=did, expected="children of the request", saw=parents)


@check("OBS-11", "the trace outlives a worker that was down", profile="fast",
       services=("api",), faults=["WORKER"])  # fmt: skip
def trace_outlives_the_worker(t: Target) -> None:
    trace_id, job_id = signed_up_traced(t, t.email("later"))
    time.sleep(1)
    t.ctl.start("worker")
    consumer_spans(t, trace_id, job_id, 1, "signed up with no worker, then started it")


# -- OBS-12 -----------------------------------------------------------------------------------

REQUESTS = 150
SLOW = 20.0  # seconds a slow collector takes: far above what anybody may wait for


@check("OBS-12", "a dead or slow collector costs nothing", faults=["OTLP"], alone=True)
def collector_costs_nothing(t: Target) -> None:
    with collector(t) as good, collector(t) as slow, collector(t) as down:
        slow.slow(SLOW)
        down.down()
        urls = {"good": good.url, "slow": slow.url, "down": down.url, "none": ""}
        took = {name: life(t, name, url) for name, url in urls.items()}
        t.expect(good.spans(), did="a good collector", expected="spans", saw="none")
    boot, p95, stop = took["none"]
    for name in ("slow", "down"):
        slower = took[name]
        did = f"collector {name}, against none"
        t.within(slower[0], 0, 2 * boot + 2, did=f"{did}: boot, in s")
        t.within(slower[1], 0, 2 * p95 + 0.05, did=f"{did}: p95 of {REQUESTS} requests, in s")
        t.within(slower[2], 0, stop + 6, did=f"{did}: from SIGTERM to the exit, in s")


@contextmanager
def collector(t: Target) -> Iterator[OtlpReceiver]:
    with OtlpReceiver(t.stand.ground.fakes) as receiver:
        yield receiver


def life(t: Target, name: str, url: str) -> tuple[float, float, float]:
    """Boots an API with this collector ('' for none), uses and ends it: three times in s."""
    did = f"collector {name}"
    started = time.monotonic()
    with t.extra_api(OTEL_EXPORTER_OTLP_ENDPOINT=url) as service:
        boot = time.monotonic() - started
        client = t.of(service)
        answers = [client.get("/v1/posts?limit=1") for _ in range(REQUESTS)]
        t.equal({answer.status for answer in answers}, {200}, did=did)
        p95 = statistics.quantiles([answer.elapsed for answer in answers], n=20)[-1]
        started = time.monotonic()
        service.signal(signal.SIGTERM)
        code = service.wait_exit(SLOW + 15)
        stop = time.monotonic() - started
        t.equal(code, 0, did=f"{did}; SIGTERM, read the exit code")
        if not url:
            no_errors(t, service)
    return boot, p95, stop


def no_errors(t: Target, service: Service) -> None:
    errors = [line.text for line in service.lines() if (line.record or {}).get("level") == "error"]
    t.equal(errors, [], did="no collector configured: tracing is off; looked for error lines")
