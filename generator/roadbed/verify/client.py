"""An HTTP/1.1 client that sends exactly what it is told and hides nothing of the answer.

No cookie jar, no redirects, no normalised paths, no retries: a connection per request.
Everything that keeps an answer from arriving is an `OSError`.
"""

from __future__ import annotations

import contextlib
import http.client
import json as jsonlib
import re
import socket
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Protocol

from roadbed.verify.check import Failed

HeaderFields = Mapping[str, str] | Iterable[tuple[str, str]]
_UNSET: Any = object()


class NoAnswer(OSError):
    """The connection ended, or the time, before a whole answer was there."""


class Observer(Protocol):
    """Whoever wants to see every exchange."""

    def saw(self, request: Request, response: Response) -> None: ...


@dataclass(frozen=True)
class Request:
    """What was sent; `sent_json` is the decoded body when there was one."""

    method: str
    target: str
    headers: tuple[tuple[str, str], ...] = ()
    sent_json: Any = None

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]

    def __str__(self) -> str:
        return f"{self.method} {self.target[:200]}"


class Headers:
    """Header lines in order of arrival; names compare without case."""

    def __init__(self, lines: Iterable[tuple[str, str]]) -> None:
        self.lines = tuple(lines)

    def all(self, name: str) -> list[str]:
        return [value for key, value in self.lines if key.lower() == name.lower()]

    def get(self, name: str, default: str = "") -> str:
        """The first header of that name."""
        return next(iter(self.all(name)), default)

    def __getitem__(self, name: str) -> str:
        return self.all(name)[0]

    def __contains__(self, name: str) -> bool:
        return bool(self.all(name))

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return iter(self.lines)

    def __repr__(self) -> str:
        return f"Headers({list(self.lines)})"


@dataclass(frozen=True)
class Cookie:
    """One Set-Cookie line. Attribute names in lower case; a flag's value is ''."""

    name: str
    value: str
    attributes: dict[str, str]
    line: str


@dataclass(frozen=True)
class Response:
    """A whole answer. `elapsed` is seconds from the connect to the last byte."""

    request: Request
    status: int
    headers: Headers
    body: bytes
    elapsed: float
    stray: bytes = field(default=b"", repr=False)
    """Bytes that followed an answer which must not have a body."""

    def header(self, name: str) -> str | None:
        """The first header of that name (any case), or None."""
        return next(iter(self.headers.all(name)), None)

    def all(self, name: str) -> list[str]:
        return self.headers.all(name)

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")

    @cached_property
    def json(self) -> Any:
        """The decoded body; None when it is no JSON."""
        try:
            return jsonlib.loads(self.body)
        except ValueError:
            return None

    @property
    def code(self) -> str | None:
        """The envelope's `code`, or None."""
        body = self.json
        return body.get("code") if isinstance(body, dict) else None

    @property
    def cookies(self) -> list[Cookie]:
        return [_cookie(line) for line in self.all("set-cookie")]

    def cookie(self, name: str) -> Cookie | None:
        return next((cookie for cookie in self.cookies if cookie.name == name), None)

    def require(self, *statuses: int, code: str | None = None) -> Response:
        """Fail unless the status is one of these (and the error code is this)."""
        wanted = " or ".join(map(str, statuses)) + (f" {code}" if code else "")
        if self.status not in statuses or (code is not None and self.code != code):
            raise Failed(did=str(self.request), expected=wanted, saw=str(self))
        return self

    def __str__(self) -> str:
        return f"{self.status} {self.body[:300].decode('utf-8', 'replace')}".strip()


class Client:
    """Requests to one port. Cheap to make; holds no connection; may be used by many threads."""

    def __init__(
        self,
        host: str,
        port: int,
        *,
        timeout: float = 10.0,
        observer: Observer | None = None,
        on_request: Callable[[str], None] | None = None,
        headers: HeaderFields = (),
    ) -> None:
        self.host, self.port, self.timeout = host, port, timeout
        self._observer, self._on_request = observer, on_request
        self._headers = _fields(headers)

    @property
    def base_url(self) -> str:
        return f"http://{self.host}:{self.port}"

    def request(
        self,
        method: str,
        target: str,
        *,
        json: Any = _UNSET,
        body: bytes | Iterable[bytes] | None = None,
        headers: HeaderFields = (),
        token: str | None = None,
        cookies: Mapping[str, str] | None = None,
        timeout: float | None = None,
    ) -> Response:
        """One exchange.

        json     is sent as application/json; `body` is sent as it is, without a content type.
                 An iterable body is sent chunked.
        headers  go out as they are; a given Host, Content-Length or Content-Type wins.
        token    becomes `Authorization: Bearer …`; `cookies` one Cookie header.
        """
        fields = [*self._headers, *_fields(headers)]
        given = {name.lower() for name, _ in fields}
        if json is not _UNSET:
            body = jsonlib.dumps(json).encode()
            if "content-type" not in given:
                fields.append(("Content-Type", "application/json"))
        if token is not None:
            fields.append(("Authorization", f"Bearer {token}"))
        if cookies:
            fields.append(("Cookie", "; ".join(f"{k}={v}" for k, v in cookies.items())))
        if "host" not in given:
            fields.insert(0, ("Host", f"{self.host}:{self.port}"))
        fields += _framing(method, body, given)
        request = Request(method, target, tuple(fields), None if json is _UNSET else json)
        if self._on_request is not None:
            self._on_request(str(request))
        response = self._exchange(request, body, timeout or self.timeout)
        if self._observer is not None:
            self._observer.saw(request, response)
        return response

    def get(self, target: str, **options: Any) -> Response:
        return self.request("GET", target, **options)

    def post(self, target: str, **options: Any) -> Response:
        return self.request("POST", target, **options)

    def put(self, target: str, **options: Any) -> Response:
        return self.request("PUT", target, **options)

    def patch(self, target: str, **options: Any) -> Response:
        return self.request("PATCH", target, **options)

    def delete(self, target: str, **options: Any) -> Response:
        return self.request("DELETE", target, **options)

    def raw(self, data: bytes, *, timeout: float | None = None) -> Response | None:
        """Send bytes as they are; the first answer, or None when the server just closed.

        Not shown to the observer: what the HTTP parser refuses is outside the contract.
        """
        request = Request("RAW", data[:80].decode("latin-1"))
        try:
            with self.connect(timeout) as link:
                link.sendall(data)
                return _read(link, request, time.monotonic())
        except NoAnswer:
            return None

    def connect(self, timeout: float | None = None) -> socket.socket:
        """A plain socket to the port, for what no client library would do."""
        link = socket.create_connection((self.host, self.port), timeout or self.timeout)
        link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return link

    def _exchange(
        self, request: Request, body: bytes | Iterable[bytes] | None, timeout: float
    ) -> Response:
        began = time.monotonic()
        head = f"{request.method} {request.target} HTTP/1.1\r\n".encode("latin-1", "replace")
        head += b"".join(
            f"{name}: {value}\r\n".encode("latin-1", "replace") for name, value in request.headers
        )
        with self.connect(timeout) as link:
            # A server may answer and close before it has read a body it refuses.
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                _send(link, head + b"\r\n", body)
            try:
                return _read(link, request, began)
            except TimeoutError:
                raise NoAnswer(f"{request}: no answer within {timeout:g} s") from None


def _fields(headers: HeaderFields) -> list[tuple[str, str]]:
    return list(headers.items()) if isinstance(headers, Mapping) else list(headers)


def _framing(
    method: str, body: bytes | Iterable[bytes] | None, given: set[str]
) -> list[tuple[str, str]]:
    if "content-length" in given or "transfer-encoding" in given:
        return []
    if body is None:
        return [("Content-Length", "0")] if method in ("POST", "PUT", "PATCH") else []
    if isinstance(body, bytes):
        return [("Content-Length", str(len(body)))]
    return [("Transfer-Encoding", "chunked")]


def _send(link: socket.socket, head: bytes, body: bytes | Iterable[bytes] | None) -> None:
    if body is None or isinstance(body, bytes):
        link.sendall(head + (body or b""))
        return
    link.sendall(head)
    for chunk in body:
        link.sendall(f"{len(chunk):x}\r\n".encode() + chunk + b"\r\n")
    link.sendall(b"0\r\n\r\n")


def _read(link: socket.socket, request: Request, began: float) -> Response:
    # Knowing the method, http.client expects no body after HEAD.
    parsed = http.client.HTTPResponse(link, method=request.method)
    try:
        parsed.begin()
        bodyless = parsed.status in (204, 304)
        body = b"" if bodyless else parsed.read()
        stray = _peek(link, parsed) if bodyless else b""
    except TimeoutError:
        raise
    except (http.client.HTTPException, OSError, ValueError) as error:
        raise NoAnswer(f"{request}: {type(error).__name__}: {error}") from None
    return Response(
        request=request,
        status=parsed.status,
        headers=Headers(parsed.getheaders()),
        body=body,
        elapsed=time.monotonic() - began,
        stray=stray,
    )


def _peek(link: socket.socket, parsed: http.client.HTTPResponse) -> bytes:
    link.setblocking(False)
    with contextlib.suppress(BlockingIOError):
        return parsed.fp.peek(1)[:64] if parsed.fp else b""
    return b""


def _cookie(line: str) -> Cookie:
    first, *rest = (part.strip() for part in line.split(";"))
    name, _, value = first.partition("=")
    attributes = {}
    for part in rest:
        key, _, content = part.partition("=")
        attributes[key.strip().lower()] = content.strip()
    return Cookie(name, re.sub(r'^"(.*)"$', r"\1", value), attributes, line)
