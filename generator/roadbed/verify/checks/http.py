"""HTTP-01 … HTTP-11: routes, methods, media types, bodies, precedence, caching."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from typing import Any

from roadbed.verify import contract
from roadbed.verify.check import check
from roadbed.verify.checks.memory import resident_bytes
from roadbed.verify.checks.operations import examples, sign_up_body, unknown_id
from roadbed.verify.client import NoAnswer
from roadbed.verify.target import Target

MALFORMED_IDS = ("abc", "1", "x" * 300, "%00", "01900000-0000-7000-8000-00000000000g", "%2e%2e")


@check("HTTP-01", "unknown paths are 404, signed in or not")
def unknown_paths(t: Target) -> None:
    user = t.user()
    for path in ("/v1/nope", "/v2/posts", "/", "/v1", "/posts", "/v1/posts/x/y/z"):
        for method in ("GET", "POST", "DELETE"):
            options: dict[str, Any] = {"json": {}} if method == "POST" else {}
            t.step(f"{method} {path} without credentials")
            t.api.request(method, path, **options).require(404, code="not_found")
            t.step(f"{method} {path} with a garbage credential")
            t.api.request(method, path, token="garbage", **options).require(404, code="not_found")
            t.step(f"{method} {path} signed in")
            user.request(method, path, **options).require(404, code="not_found")


@check("HTTP-02", "all operations and their errors answer JSON, whatever Accept says")
def json_only(t: Target) -> None:
    for example in examples(t):
        t.step(f"{example.method} {example.template} with Accept: text/html")
        answer = example.send(t, headers={"Accept": "text/html"}).require(example.status)
        _json_or_nothing(t, answer.status, answer.header("content-type"), answer.body)
    faults = [
        t.api.get("/v1/nope", headers={"Accept": "text/html"}),
        t.api.delete("/v1/posts", headers={"Accept": "text/html"}),
        t.api.get("/v1/users/me", headers={"Accept": "text/html"}),
        t.api.get("/v1/posts?limit=0", headers={"Accept": "text/html"}),
        t.api.post("/v1/users", json={}, headers={"Accept": "text/html"}),
        t.api.post("/v1/users", body=b"x", headers={"Accept": "text/html"}),
    ]
    for answer in faults:
        t.step(f"{answer.request} with Accept: text/html")
        t.expect(answer.status >= 400, expected="an error", saw=str(answer))
        _json_or_nothing(t, answer.status, answer.header("content-type"), answer.body)


def _json_or_nothing(t: Target, status: int, kind: str | None, body: bytes) -> None:
    if status in (204, 304):
        t.equal(body, b"")
        return
    wanted = (
        "application/json",
        "application/json; charset=utf-8",
        "application/json;charset=utf-8",
    )
    t.expect((kind or "").lower() in wanted, expected=wanted, saw=kind)
    t.expect(_parses(body), expected="a JSON body in UTF-8", saw=body[:200])


def _parses(body: bytes) -> bool:
    try:
        json.loads(body.decode("utf-8"))
    except ValueError:
        return False
    return True


@check("HTTP-03", "every operation's answer matches the API description")
def answers_match_schema(t: Target) -> None:
    for example in examples(t):
        t.step(f"{example.method} {example.template}")
        answer = example.send(t).require(example.status)
        pointer = contract.response_pointer(example.method, example.template, answer.status)
        if pointer is not None:
            t.equal(contract.faults(pointer, answer.json), [])
    job = t.user().post("/v1/exports").require(202).json
    for member in ("finished_at", "result", "error"):
        t.expect(member in job, did="started an export", expected=f"{member} present", saw=job)


@check("HTTP-04", "a malformed id is a 404 on every id route")
def malformed_ids(t: Target) -> None:
    user = t.user()
    routes = [
        ("GET", "/v1/posts/", None),
        ("PATCH", "/v1/posts/", {"title": "x"}),
        ("DELETE", "/v1/posts/", None),
        ("GET", "/v1/users/", None),
        ("GET", "/v1/jobs/", None),
    ]
    for (method, prefix, body), bad in itertools.product(routes, MALFORMED_IDS):
        t.step(f"{method} {prefix}{bad[:40]}")
        options: dict[str, Any] = {} if body is None else {"json": body}
        answer = user.request(method, prefix + bad, **options)
        answer.require(404, code="not_found")


@check("HTTP-05", "creation gives a relative Location that answers 200")
def locations(t: Target) -> None:
    user = t.user()
    for host in (None, "evil.test"):
        headers = {"Host": host, "X-Forwarded-Host": host} if host else {}
        t.step(f"created a user and a post with Host {host or 'as it is'}")
        made = t.api.post("/v1/users", json=sign_up_body(t), headers=headers).require(201)
        t.equal(made.header("location"), f"/v1/users/{made.json['id']}")
        t.api.get(made.headers["location"]).require(200)
        made = user.post("/v1/posts", json={"title": "t", "body": "b"}, headers=headers).require(
            201
        )
        t.equal(made.header("location"), f"/v1/posts/{made.json['id']}")
        found = t.api.get(made.headers["location"]).require(200)
        t.equal(found.json, made.json)


@check("HTTP-06", "a wrong method is 405 with exactly the methods there are")
def method_matrix(t: Target) -> None:
    user = t.user()
    paths: dict[str, set[str]] = {}
    for method, template in contract.operations(t.project.auth, social=t.project.social):
        paths.setdefault(template, set()).add(method)
    for template, supported in paths.items():
        path = template.replace("{id}", unknown_id()).replace("{provider}", "google")
        for method in ("GET", "POST", "PUT", "PATCH", "DELETE"):
            if method in supported:
                continue
            t.step(f"{method} {template}")
            options: dict[str, Any] = {"json": {}} if method in ("POST", "PUT", "PATCH") else {}
            answer = user.request(method, path, **options).require(405, code="method_not_allowed")
            allow = _methods(answer.header("allow"))
            t.expect(
                supported <= allow <= supported | {"HEAD", "OPTIONS"},
                expected=f"Allow: {', '.join(sorted(supported))} (HEAD, OPTIONS may be added)",
                saw=f"Allow: {answer.header('allow')}",
            )
    for path in ("/v1/posts", "/v1/users/me", "/healthz", "/v1/nope"):
        t.step(f"TRACE {path}")
        status = t.api.request("TRACE", path).status
        t.expect(
            status in ((404, 405, 501) if path == "/v1/nope" else (405, 501)),
            expected="405 or 501",
            saw=status,
        )


def _methods(allow: str | None) -> set[str]:
    return {name.strip().upper() for name in (allow or "").split(",") if name.strip()}


@check("HTTP-07", "a body of another media type, or of none, is 415")
def media_types(t: Target) -> None:
    wrong = {
        "text/plain": b'{"a": 1}',
        "application/x-www-form-urlencoded": b"a=1",
        "multipart/form-data; boundary=x": b"--x--",
        "application/jsonp": b"{}",
        None: b'{"a": 1}',
    }
    for example in examples(t, bodies_only=True):
        for kind, body in wrong.items():
            t.step(f"{example.method} {example.template} with Content-Type {kind}")
            headers = {} if kind is None else {"Content-Type": kind}
            answer = example.send(t, body=body, headers=headers)
            answer.require(415, code="unsupported_media_type")
        t.step(f"{example.method} {example.template} with application/json; charset=utf-8")
        headers = {"Content-Type": "application/json; charset=utf-8"}
        example.send(t, json=example.body, headers=headers).require(example.status)


@check("HTTP-07", "bodyless operations need neither body nor media type")
def bodyless(t: Target) -> None:
    user, other = t.user(), t.user()
    t.step("logout-all without body and Content-Type")
    other.post("/v1/auth/logout-all").require(204)
    t.step("exports without body and Content-Type")
    user.post("/v1/exports").require(202)
    if t.project.auth == "jwt":
        t.step("refresh without body and Content-Type")
        user.refresh().require(200)
    t.step("logout without body and Content-Type")
    t.api.post("/v1/auth/logout", cookies=user.cookies).require(204)


@check("HTTP-08", "the limit is exact, with a length and chunked")
def body_limit(t: Target) -> None:
    limit = int(t.setting("MAX_BODY_BYTES"))
    user = t.user()
    kind = {"Content-Type": "application/json"}

    def padded(size: int) -> bytes:
        frame = b'{"title": "t", "body": "b", "pad": ""}'
        return frame[:-2] + b"p" * (size - len(frame)) + frame[-2:]

    t.step(f"POST /v1/posts with {limit} bytes")
    user.post("/v1/posts", body=padded(limit), headers=kind).require(201)
    t.step(f"POST /v1/posts with {limit} bytes, chunked")
    user.post("/v1/posts", body=_chunks(padded(limit)), headers=kind).require(201)
    t.step(f"POST /v1/posts with {limit + 1} bytes")
    answer = user.post("/v1/posts", body=padded(limit + 1), headers=kind)
    answer.require(413, code="payload_too_large")
    t.step(f"POST /v1/posts with {limit + 1} bytes, chunked")
    answer = user.post("/v1/posts", body=_chunks(padded(limit + 1)), headers=kind)
    answer.require(413, code="payload_too_large")
    t.step(f"POST /v1/users with {limit + 1} bytes, chunked, without credentials")
    answer = t.api.post("/v1/users", body=_chunks(padded(limit + 1)), headers=kind)
    answer.require(413, code="payload_too_large")


def _chunks(body: bytes, size: int = 65536) -> Iterator[bytes]:
    for start in range(0, len(body), size):
        yield body[start : start + size]


@check("HTTP-08", "a 200 MB stream does not end up in memory", services=("api",), faults=("API",))
def endless_stream(t: Target) -> None:
    user = t.user()
    block = b" " * 65536
    before = resident_bytes(t.ctl.pid("api"))
    peak = before

    def stream() -> Iterator[bytes]:
        nonlocal peak
        for number in range(200 * 16):
            if number % 64 == 0:
                peak = max(peak, resident_bytes(t.ctl.pid("api")))
            yield block

    t.step("streamed 200 MB chunked to POST /v1/posts")
    try:
        answer = user.post("/v1/posts", body=stream(), headers={"Content-Type": "application/json"})
        answer.require(413)
    except NoAnswer:
        pass  # the server may close before we are done; what counts is below
    peak = max(peak, resident_bytes(t.ctl.pid("api")))
    grown = (peak - before) / 2**20
    t.expect(grown < 50, expected="memory grows by less than 50 MB", saw=f"{grown:.0f} MB")
    t.step("asked again afterwards")
    t.api.get("/v1/posts").require(200)


@check("HTTP-09", "what does not parse is 400 on every write operation")
def unparsable(t: Target) -> None:
    kind = {"Content-Type": "application/json"}
    broken = {
        "an empty body": b"",
        "a syntax error": b'{"title": ',
        "invalid UTF-8": b'{"title": "\xff\xfe", "body": "b"}',
        "trailing content": b'{"title": "t", "body": "b"} x',
        "two values": b"{}{}",
        "nesting too deep to parse": b"[" * 100_000 + b"]" * 100_000,
        "single quotes": b"{'title': 't'}",
        "a trailing comma": b'{"title": "t",}',
    }
    for example in examples(t, bodies_only=True):
        for what, body in broken.items():
            t.step(f"{example.method} {example.template} with {what}")
            answer = example.send(t, body=body, headers=kind)
            # A parser that can go this deep sees an array where an object belongs.
            deep = what.startswith("nesting") and answer.status == 422
            if not deep:
                answer.require(400, code="malformed_request")


@check("HTTP-09", "what parses and is wrong is 422 on every write operation")
def wrong_content(t: Target) -> None:
    kind = {"Content-Type": "application/json"}
    for example in examples(t, bodies_only=True):
        assert example.body is not None
        where = f"{example.method} {example.template}"
        for whole in (b"[]", b'"text"', b"123", b"null", b"true"):
            t.step(f"{where} with the body {whole.decode()}")
            example.send(t, body=whole, headers=kind).require(422, code="validation_failed")
        for name in example.body:
            partial = example.method == "PATCH"
            variants: list[tuple[str, Any]] = [
                ("a number", 123),
                ("a float", 1.5),
                ("true", True),
                ("null", None),
                ("a list", ["x"]),
                ("an object", {"x": 1}),
            ]
            for what, value in variants:
                t.step(f"{where} with {what} as {name}")
                answer = example.send(t, json={**example.body, name: value})
                answer.require(422, code="validation_failed")
            if not partial:
                t.step(f"{where} without {name}")
                rest = {key: value for key, value in example.body.items() if key != name}
                example.send(t, json=rest).require(422, code="validation_failed")


@check("HTTP-09", "a bad query value is 400 invalid_parameter")
def bad_query(t: Target) -> None:
    for query in ("limit=0", "limit=abc", "limit=101", "author_id=x", "cursor=!!", "limit="):
        t.step(f"GET /v1/posts?{query}")
        t.api.get(f"/v1/posts?{query}").require(400, code="invalid_parameter")


@check("HTTP-10", "of several faults the promised one is told")
def precedence(t: Target) -> None:
    author, other = t.user(), t.user()
    post = author.write_post()
    path = f"/v1/posts/{post['id']}"
    stale = {"If-Match": '"999"'}
    t.step("unauthenticated, invalid POST /v1/posts")
    t.api.post("/v1/posts", json={"title": 1}).require(401, code="unauthenticated")
    t.step("unauthenticated PATCH of an unknown post")
    unknown = f"/v1/posts/{unknown_id()}"
    t.api.patch(unknown, json={"title": "x"}).require(401, code="unauthenticated")
    t.step("unauthenticated DELETE of a post")
    t.api.delete(path).require(401, code="unauthenticated")
    t.step("unauthenticated GET of an unknown job")
    t.api.get(f"/v1/jobs/{unknown_id()}").require(401, code="unauthenticated")
    t.step("unauthenticated PATCH with a stale If-Match")
    t.api.patch(path, json={"title": "x"}, headers=stale).require(401, code="unauthenticated")
    t.step("PATCH by another user with a stale If-Match")
    other.patch(path, json={"title": "x"}, headers=stale).require(403, code="forbidden")
    t.step("DELETE by another user with a stale If-Match")
    other.delete(path, headers=stale).require(403, code="forbidden")
    t.step("sign-up with a taken email and a short password")
    body = {"email": author.email, "name": "x", "password": "short"}
    t.api.post("/v1/users", json=body).require(422, code="validation_failed")


@check("HTTP-11", "no-store and ETag on all operations")
def caching_headers(t: Target) -> None:
    for example in examples(t):
        answer = example.send(t)
        t.step(f"{example.method} {example.template} → {answer.status}")
        reads_posts = example.method == "GET" and example.template.startswith("/v1/posts")
        wanted = "no-cache" if reads_posts else "no-store"
        t.equal(answer.header("cache-control"), wanted)
        single = example.template == "/v1/posts/{id}" and answer.status == 200
        created = (example.method, example.template) == ("POST", "/v1/posts")
        has_etag = answer.header("etag") is not None
        t.expect(
            has_etag == (single or created),
            expected="ETag on single posts only",
            saw=f"ETag: {answer.header('etag')}",
        )
