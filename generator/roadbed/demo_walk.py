"""The walk: real requests, shown as the curl lines that send the same."""

from __future__ import annotations

import json
import shlex
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from roadbed.terminal import Terminal
from roadbed.verify.client import Client, Response
from roadbed.verify.fakes.smtp import SmtpSink
from roadbed.verify.process import Service

EMAIL = "ada@example.com"
PASSWORD = "correct horse battery staple"
MAIL_WITHIN = 20.0
JOB_WITHIN = 20.0
LONGEST = 320
_METRICS = {
    "api": ("http_server_request_duration_seconds_count", "cache_requests_total"),
    "worker": ("jobs_processed_total", "jobs_pending"),
}
TAKE_TOKEN = "python3 -c 'import json, sys; print(json.load(sys.stdin)[\"access_token\"])'"


class WalkFault(Exception):
    """An answer was not the one that the walk promises."""


@dataclass
class Walker:
    """Sends requests, and shows each with its answer. Secrets are shown as shell variables."""

    client: Client
    out: Terminal
    token: str = field(default="", repr=False)
    _steps: int = 0

    def title(self, text: str) -> None:
        self._steps += 1
        self.out.line()
        self.out.line(f"{self._steps:>2}. {text}", "bold")

    def ask(
        self,
        method: str,
        path: str,
        expected: int,
        *,
        body: Mapping[str, Any] | None = None,
        shown_body: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        signed_in: bool = False,
        show: tuple[str, ...] = (),
    ) -> Response:
        """One request. `show` names response headers to print; raises WalkFault unless the status
        is the expected one."""
        options: dict[str, Any] = {"headers": dict(headers or {})}
        if body is not None:
            options["json"] = body
        if signed_in:
            options["token"] = self.token
        line = curl(method, path, body if shown_body is None else shown_body, headers, signed_in)
        self.out.line(f"$ {line}", "cyan")
        try:
            answer = self.client.request(method, path, **options)
        except OSError as error:
            raise WalkFault(f"{method} {path}: {error}") from error
        self._show(answer, show)
        if answer.status != expected:
            raise WalkFault(f"{method} {path} answered {answer.status}, not {expected}")
        return answer

    def _show(self, answer: Response, headers: tuple[str, ...]) -> None:
        self.out.line(f"{answer.status} {HTTPStatus(answer.status).phrase}", "green")
        for name in headers:
            self.out.line(f"{name}: {answer.header(name)}", "dim")
        if answer.body:
            self.out.line(shortened(answer.json))


def curl(
    method: str,
    path: str,
    body: Mapping[str, Any] | None,
    headers: Mapping[str, str] | None,
    signed_in: bool,
) -> str:
    """The command that sends the same; $API and $TOKEN stand for what the walk has shown."""
    words = ["curl", "-s"]
    if method != "GET":
        words += ["-X", method]
    words.append(f'"$API{path}"' if "?" in path else f"$API{path}")
    if signed_in:
        words += ["-H", '"Authorization: Bearer $TOKEN"']
    for name, value in (headers or {}).items():
        words += ["-H", shlex.quote(f"{name}: {value}")]
    if body is not None:
        words += ["-H", "'Content-Type: application/json'", "-d", shlex.quote(json.dumps(body))]
    return " ".join(words)


def shortened(body: Any) -> str:
    """One line of JSON, cut where it is long; an access token is never printed."""
    if isinstance(body, dict) and "access_token" in body:
        body = {**body, "access_token": "…"}
    text = json.dumps(body, ensure_ascii=False)
    return text if len(text) <= LONGEST else text[: LONGEST - 2] + " …"


def walk(api: Service, worker: Service, mails: SmtpSink, out: Terminal) -> None:
    """From sign-up to metrics. Raises WalkFault where an answer is not as promised."""
    client = Client("127.0.0.1", api.port)
    walker = Walker(client, out)
    out.line()
    out.line(f"API={client.base_url}", "cyan")
    _join(walker, mails)
    _write_posts(walker)
    _export(walker)
    _end_and_err(walker)
    walker.title("Metrics, on ports of their own")
    for service in (api, worker):
        _show_metrics(service, out)


def _join(walker: Walker, mails: SmtpSink) -> None:
    walker.title("Sign up: the row and the mail's job are written together")
    person = {"email": EMAIL, "name": "Ada", "password": PASSWORD}
    walker.ask("POST", "/v1/users", 201, body=person, show=("Location",))
    walker.title("The worker sends the mail; its token verifies the address")
    arrived = mails.wait(EMAIL, timeout=MAIL_WITHIN)
    if not arrived:
        raise WalkFault(f"no mail arrived within {MAIL_WITHIN:.0f} s")
    mail = arrived[0]
    walker.out.line(f"To: {EMAIL}\nSubject: {mail.subject}\n{mail.link.partition('=')[0]}=…", "dim")
    walker.ask(
        "POST",
        "/v1/auth/verify-email",
        204,
        body={"token": mail.token},
        shown_body={"token": "the one in the mail"},
    )
    walker.title("Sign in")
    login = {"email": EMAIL, "password": PASSWORD}
    walker.token = walker.ask("POST", "/v1/auth/login", 200, body=login).json["access_token"]
    keep = f"{curl('POST', '/v1/auth/login', login, None, False)} | {TAKE_TOKEN}"
    walker.out.line(f"$ TOKEN=$({keep})", "cyan")
    walker.ask("GET", "/v1/users/me", 200, signed_in=True)


def _write_posts(walker: Walker) -> None:
    walker.title("Write a post, read it, list it")
    post = {"title": "Hello", "body": "A first post."}
    made = walker.ask(
        "POST", "/v1/posts", 201, body=post, signed_in=True, show=("Location", "ETag")
    )
    path, tag = made.headers["Location"], made.headers["ETag"]
    walker.ask("GET", path, 200, show=("ETag", "RateLimit"))
    walker.ask("GET", "/v1/posts?limit=1", 200)
    walker.title("Change it, if nobody else has")
    changed = walker.ask(
        "PATCH",
        path,
        200,
        body={"title": "Hello again"},
        headers={"If-Match": tag},
        signed_in=True,
        show=("ETag",),
    )
    stale = {"title": "Too late"}
    walker.ask("PATCH", path, 412, body=stale, headers={"If-Match": tag}, signed_in=True)
    walker.title("Read it again: not modified")
    walker.ask("GET", path, 304, headers={"If-None-Match": changed.headers["ETag"]})


def _export(walker: Walker) -> None:
    walker.title("Background work: a job that can be watched")
    made = walker.ask("POST", "/v1/exports", 202, signed_in=True, show=("Location",))
    path = made.headers["Location"]
    deadline = time.monotonic() + JOB_WITHIN
    while walker.client.get(path, token=walker.token).json["status"] != "succeeded":
        if time.monotonic() > deadline:
            raise WalkFault(f"the job had not succeeded after {JOB_WITHIN:.0f} s")
        time.sleep(0.2)
    walker.ask("GET", path, 200, signed_in=True)


def _end_and_err(walker: Walker) -> None:
    walker.title("Delete the post; then it is gone")
    newest = walker.client.get("/v1/posts?limit=1").json["data"][0]["id"]
    walker.ask("DELETE", f"/v1/posts/{newest}", 204, signed_in=True)
    walker.ask("GET", f"/v1/posts/{newest}", 404)
    walker.title("Every error has the same shape")
    walker.ask("POST", "/v1/posts", 422, body={"title": ""}, signed_in=True)
    walker.ask("POST", "/v1/posts", 401, body={"title": "Hello", "body": "Who am I?"})


def _show_metrics(service: Service, out: Terminal) -> None:
    out.line(f"$ curl -s http://127.0.0.1:{service.admin_port}/metrics", "cyan")
    text = Client("127.0.0.1", service.admin_port).get("/metrics").text
    lines = [line for line in text.splitlines() if line.startswith(_METRICS[service.name])]
    if not lines:
        raise WalkFault(f"{service.name} shows none of {', '.join(_METRICS[service.name])}")
    for line in [*lines[:5], "…"]:
        out.line(line)
