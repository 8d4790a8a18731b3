"""The global clauses: held against every answer the suite ever sees."""

from __future__ import annotations

import re
import threading
from collections import Counter
from dataclasses import dataclass
from typing import Any

from roadbed.verify import contract
from roadbed.verify.client import Request, Response

REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,128}\Z")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z\Z")
_SNAKE = re.compile(r"[a-z][a-z0-9_]*\Z")
_JSON_TYPE = re.compile(r"application/json(\s*;\s*charset=utf-8)?\Z", re.IGNORECASE)
_SECRET_MEMBERS = ("password", "new_password", "current_password", "token", "access_token")
_HEADERS = {
    "x-content-type-options": "nosniff",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "referrer-policy": "no-referrer",
    "strict-transport-security": "max-age=31536000; includeSubDomains",
}
WATCHED = ("ERR-01", "ERR-02", "SEC-01", "HTTP-02", "HTTP-03", "HTTP-11", "OBS-01")
"""Clauses the observer can find broken; the others it touches have checks of their own."""


@dataclass(frozen=True)
class Violation:
    """One way in which an answer broke a clause, seen `count` times in the run."""

    clause: str
    did: str
    expected: str
    saw: str
    count: int = 1


class Watcher:
    """Collects violations, and every secret that passes by. May be used by many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._first: dict[tuple[str, str, str], Violation] = {}
        self._counts: Counter[tuple[str, str, str]] = Counter()
        self.secrets: set[str] = set()

    def saw(self, request: Request, response: Response) -> None:
        template = contract.template_of(request.path)
        found = [
            Violation(clause, str(request), expected, saw)
            for clause, expected, saw in judge(request, response, template)
        ]
        with self._lock:
            self.secrets |= set(_secrets_in(request, response))
            for violation in found:
                where = f"{request.method} {template} {response.status}"
                key = (violation.clause, where, violation.expected)
                self._first.setdefault(key, violation)
                self._counts[key] += 1

    def keep_secret(self, value: str) -> None:
        with self._lock:
            self.secrets.add(value)

    def violations(self, clause: str) -> list[Violation]:
        with self._lock:
            return [
                Violation(first.clause, first.did, first.expected, first.saw, self._counts[key])
                for key, first in self._first.items()
                if first.clause == clause
            ]


def judge(request: Request, response: Response, template: str | None) -> list[tuple[str, str, str]]:
    """(clause, expected, saw) for everything wrong with one answer."""
    found = [*_headers(response), *_body_form(response), *_caching(request, response, template)]
    found += _request_id(response)
    if response.status >= 400:
        found += _error(request, response, template)
    elif template is not None and response.body:
        found += _representation(request, response, template)
    return found


def _headers(response: Response) -> list[tuple[str, str, str]]:
    found = []
    for name, value in _HEADERS.items():
        if response.all(name) != [value]:
            found.append(("SEC-01", f"{name}: {value}", f"{name}: {response.all(name)}"))
    if response.header("x-powered-by") is not None:
        found.append(("SEC-01", "no X-Powered-By", f"{response.header('x-powered-by')}"))
    server = response.header("server") or ""
    if re.search(r"\d", server):
        found.append(("SEC-01", "Server absent or without a version", server))
    return found


def _body_form(response: Response) -> list[tuple[str, str, str]]:
    if response.status in (204, 304):
        length = response.header("content-length") or "0"
        chunked = response.header("transfer-encoding")
        # A 304 may repeat the length of the representation it stands for.
        silent = chunked is None and (length == "0" or response.status == 304)
        if response.stray or not silent:
            return [("HTTP-02", "no body", f"length {length}, {chunked}, {response.stray!r}")]
        return []
    if not response.body:
        return []
    kind = response.header("content-type") or ""
    found = []
    if not _JSON_TYPE.match(kind):
        found.append(("HTTP-02", "Content-Type: application/json", f"Content-Type: {kind}"))
    try:
        response.body.decode("utf-8")
    except UnicodeDecodeError as error:
        found.append(("HTTP-02", "a body in UTF-8", str(error)))
    if response.json is None and response.body != b"null":
        found.append(("HTTP-02", "a JSON body", str(response)))
    return found


def _caching(
    request: Request, response: Response, template: str | None
) -> list[tuple[str, str, str]]:
    found = []
    value = response.header("cache-control") or ""
    cacheable = request.method == "GET" and template in ("/v1/posts", "/v1/posts/{id}")
    if cacheable:
        allowed = {"no-cache"} if response.status in (200, 304) else {"no-cache", "no-store"}
    else:
        allowed = {"no-store"}
    if value not in allowed:
        expected = f"Cache-Control: {' or '.join(sorted(allowed))}"
        found.append(("HTTP-11", expected, f"Cache-Control: {value}"))
    single = (template == "/v1/posts/{id}" and response.status in (200, 304)) or (
        template == "/v1/posts" and response.status == 201
    )
    etag = response.header("etag")
    if etag is not None and not single:
        found.append(("HTTP-11", "no ETag but on a single post", f"ETag: {etag}"))
    return found


def _request_id(response: Response) -> list[tuple[str, str, str]]:
    value = response.header("x-request-id") or ""
    if not REQUEST_ID.match(value):
        return [("OBS-01", "a well-formed X-Request-Id", f"X-Request-Id: {value!r}")]
    body = response.json
    named = body.get("request_id", value) if isinstance(body, dict) else value
    if response.status >= 400 and named != value:
        return [("OBS-01", "request_id equals X-Request-Id", f"header {value}, body {named}")]
    return []


def _error(
    request: Request, response: Response, template: str | None
) -> list[tuple[str, str, str]]:
    if request.method == "HEAD" or (request.method == "TRACE" and response.status == 501):
        return []
    body: Any = response.json
    if template == "/readyz" and response.status == 503:
        return [
            ("HTTP-03", "the Health schema", fault)
            for fault in contract.faults("/components/schemas/Health", body)
        ]
    found = [
        ("ERR-01", "the error envelope", fault)
        for fault in contract.faults("/components/schemas/Error", body)
        if not fault.startswith("code:")
    ]
    code = body.get("code") if isinstance(body, dict) else None
    if not isinstance(code, str) or contract.ERROR_CODES.get(code) != response.status:
        expected = f"a code of the closed list for {response.status}"
        found.append(("ERR-02", expected, f"{response.status} with code {code!r}"))
    detailed = isinstance(body, dict) and "details" in body
    if detailed and code not in ("validation_failed", "invalid_parameter"):
        expected = "details only with validation_failed or invalid_parameter"
        found.append(("ERR-01", expected, f"details with {code}"))
    return found


def _representation(
    request: Request, response: Response, template: str
) -> list[tuple[str, str, str]]:
    pointer = contract.response_pointer(request.method, template, response.status)
    if pointer is None:
        return []
    expected = f"the schema of {request.method} {template} {response.status}"
    found = [("HTTP-03", expected, fault) for fault in contract.faults(pointer, response.json)]
    for name, value in _members(response.json):
        if not _SNAKE.match(name):
            found.append(("HTTP-03", "members in snake_case", name))
        if name.endswith("_at") and value is not None and not _TIME.match(str(value)):
            found.append(("HTTP-03", "RFC 3339 UTC, 0 to 6 fraction digits, Z", f"{name}: {value}"))
    return found


def _members(value: Any) -> list[tuple[str, Any]]:
    if isinstance(value, dict):
        own = list(value.items())
        return own + [member for _, inner in own for member in _members(inner)]
    if isinstance(value, list):
        return [member for inner in value for member in _members(inner)]
    return []


def _secrets_in(request: Request, response: Response) -> list[str]:
    """Credentials that went over the wire: none of them may be seen in a log."""
    found = [cookie.value for cookie in response.cookies]
    for body in (request.sent_json, response.json):
        if isinstance(body, dict):
            found += [
                str(body[name]) for name in _SECRET_MEMBERS if isinstance(body.get(name), str)
            ]
    # A token that was refused is none: hostile text is also sent where it may be logged.
    if response.status >= 400 and isinstance(request.sent_json, dict):
        found = [value for value in found if value != request.sent_json.get("token")]
    return [value for value in found if len(value) >= 12]
