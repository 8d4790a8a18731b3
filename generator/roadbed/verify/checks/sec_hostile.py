"""SEC-07: hostile input never gives 5xx, a crash or a hang."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from urllib.parse import quote

from roadbed.verify.check import check
from roadbed.verify.checks.operations import examples, unknown_id
from roadbed.verify.checks.sec import KIND, SLOW
from roadbed.verify.client import Response
from roadbed.verify.target import Target

_QUOTES = (
    "'", '"', "';--", "' OR '1'='1", '" OR ""="', "\\", "%", "_", "{{7*7}}", "${7*7}", "$(id)",
    "`id`", '{"$gt": ""}', "[$ne]=x", "*)(uid=*))(|(uid=*", "\r\nX-Injected: 1", "../../etc/passwd",
)  # fmt: skip


def _unharmed(t: Target, send: Callable[[], Response]) -> None:
    """No 5xx, no injected header, and not slow three times in a row.

    Input that makes a service slow does so each time; a busy machine or a queue does not.
    """
    for _ in range(3):
        answer = send()
        t.expect(answer.status < 500, expected="no 5xx", saw=str(answer))
        t.equal(answer.all("x-injected"), [])
        if answer.elapsed <= SLOW:
            return
    t.within(answer.elapsed, 0, SLOW)


@check("SEC-07", "quotes and commands in every field, parameter, path and cursor")
def injection(t: Target) -> None:
    user = t.user()
    pids = (t.ctl.pid("api"), t.ctl.pid("api2"))
    rows = examples(t, bodies_only=True)
    for text in _QUOTES:
        for row in rows:
            assert row.body is not None
            for member in row.body:
                # A working credential or password must stay what it is for the next row.
                if member in ("password", "current_password", "new_password"):
                    continue
                t.step(f"{row.method} {row.template} with {member} = {text!r}")
                _unharmed(t, partial(row.send, t, json={**row.body, member: text}))
        for path in (
            f"/v1/posts?cursor={quote(text, safe='')}",
            f"/v1/posts?author_id={quote(text, safe='')}",
            f"/v1/posts?limit={quote(text, safe='')}",
            f"/v1/posts/{quote(text, safe='')}",
            f"/v1/users/{quote(text, safe='')}",
            f"/v1/jobs/{quote(text, safe='')}",
            f"/{quote(text, safe='')}",
        ):
            t.step(f"GET {path}")
            _unharmed(t, partial(user.get, path))
        for header in ("If-Match", "If-None-Match", "X-Request-Id", "traceparent", "Origin"):
            t.step(f"GET /v1/posts with {header}: {text!r}")
            value = text.replace("\r\n", " ")
            unknown = f"/v1/posts/{unknown_id()}"
            _unharmed(t, partial(user.get, unknown, headers={header: value}))
    t.step("the same processes serve")
    t.equal((t.ctl.pid("api"), t.ctl.pid("api2")), pids)


@check("SEC-07", "monstrous JSON")
def monsters(t: Target) -> None:
    user = t.user()
    pid = t.ctl.pid("api")
    deep = 50_000
    many = json.dumps({f"member{number}": number for number in range(10_000)}).encode()
    bodies = {
        "50 000 arrays": b"[" * deep + b"]" * deep,
        "50 000 objects": b'{"a":' * deep + b"1" + b"}" * deep,
        "50 000 arrays inside a member": b'{"title":' + b"[" * deep + b"]" * deep + b',"body":"b"}',
        "unclosed": b"[" * deep,
        "10 000 members": many,
        "10 000 members and the right ones": many[:-1] + b', "title": "t", "body": "b"}',
        "1e400": b'{"title": 1e400, "body": "b"}',
        "-1e400": b'{"title": "t", "body": "b", "x": -1e400}',
        "a 10 000-digit number": b'{"title": ' + b"9" * 10_000 + b', "body": "b"}',
        "NaN": b'{"title": NaN, "body": "b"}',
        "Infinity": b'{"title": "t", "body": Infinity}',
        "duplicate keys": b'{"title": "a", "title": "b", "body": "c", "body": 5}',
        "a BOM": b'\xef\xbb\xbf{"title": "t", "body": "b"}',
        "UTF-16": '{"title": "t", "body": "b"}'.encode("utf-16"),
        "a comment": b'{"title": "t", /* x */ "body": "b"}',
        "an empty key": b'{"": 1, "title": "t", "body": "b"}',
        "a NUL byte": b'{"title": "t\x00", "body": "b"}',
    }
    for what, body in bodies.items():
        for method, path in (
            ("POST", "/v1/posts"),
            ("POST", "/v1/users"),
            ("POST", "/v1/auth/login"),
        ):
            t.step(f"{method} {path} with {what}")
            _unharmed(t, partial(user.request, method, path, body=body, headers=KIND))
    t.step("afterwards")
    user.write_post()
    t.equal(t.ctl.pid("api"), pid)


@check("SEC-07", "monstrous paths and headers")
def monstrous_requests(t: Target) -> None:
    user = t.user()
    pid = t.ctl.pid("api")
    paths = (
        "/v1/posts/%00", "/v1/posts/%2e%2e/", "/v1/%2e%2e/%2e%2e/etc/passwd", "/v1/posts/%",
        "/v1/posts/%zz", "/v1/posts/%ff%fe", "/v1/posts/%c0%af", "/v1/posts/..%2f..%2f",
        "//v1/posts", "/v1//posts", "/v1/posts/" + "a" * 4000, "/v1/posts?" + "a=1&" * 500,
        "/v1/posts?limit=%00",
        "/v1/posts?limit=1&limit=2", "/v1/posts?cursor=%", "/v1/posts?author_id[]=1",
        "/v1/posts;x=1", "/v1/posts?%00=1", "/%F0%9F%98%80", "/v1/posts/\\..\\..",
    )  # fmt: skip
    for path in paths:
        t.step(f"GET {path[:80]}")
        answer = t.api.raw(
            f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode("latin-1")
        )
        t.expect(
            answer is None or answer.status < 500, expected="no 5xx (or closed)", saw=str(answer)
        )
    for name in (
        "X-Anything",
        "Authorization",
        "Cookie",
        "X-Request-Id",
        "traceparent",
        "If-Match",
    ):
        t.step(f"GET /v1/users/me with an 8 KB {name}")
        head = f"GET /v1/users/me HTTP/1.1\r\nHost: x\r\n{name}: {'a' * 8192}\r\n\r\n"
        answer = t.api.raw(head.encode())
        t.expect(
            answer is None or answer.status < 500, expected="no 5xx (or closed)", saw=str(answer)
        )
    t.step("afterwards")
    user.write_post()
    t.equal(t.ctl.pid("api"), pid)
