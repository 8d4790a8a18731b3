"""OBS: logs. One request can be followed by its id, and no secret is in any line."""

from __future__ import annotations

import re
import time
import uuid
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from roadbed.verify.check import check
from roadbed.verify.checks.tools import records, request_id
from roadbed.verify.client import Response
from roadbed.verify.process import LogLine
from roadbed.verify.target import Target

UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
RFC3339_UTC = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|\+00:00)")
TRACE_ID = re.compile(r"(?!0{32})[0-9a-f]{32}")
SPAN_ID = re.compile(r"(?!0{16})[0-9a-f]{16}")
LEVELS = {"debug", "info", "warn", "error"}


def access_line(t: Target, mark: str, did: str, service: str = "api") -> Mapping[str, Any]:
    """The http_request record of one request; there must be exactly one."""
    t.eventually(
        lambda: records(t.logs(service), message="http_request", request_id=mark),
        timeout=5,
        expected=f"a line http_request with request_id {mark}",
        did=did,
    )
    found = records(t.logs(service), message="http_request", request_id=mark)
    t.equal(len(found), 1, did=f"{did}; counted its http_request lines")
    return found[0]


# -- OBS-01 -----------------------------------------------------------------------------------


@check("OBS-01", "a good request id is kept, any other is replaced")
def request_id_is_kept_or_replaced(t: Target) -> None:
    good = ["abcdefgh", "A-1.b_2-" * 16, request_id()]
    bad = ["short", "x" * 129, "y" * 200, "with some spaces", "evil%0d%0aSet-Cookie:a=b",
           "semi;colon-123", 'quo"te-12345', "{json:1234567}"]  # fmt: skip
    for sent in good + bad:
        answer = t.api.get("/v1/posts/none", headers={"X-Request-Id": sent})
        kept = answer.header("x-request-id") or ""
        did = f"X-Request-Id: {sent[:40]!r} ({len(sent)} characters)"
        if sent in good:
            t.equal(kept, sent, did=did)
        else:
            t.expect(UUID.fullmatch(kept), did=did, expected="a UUID instead", saw=kept)
        t.equal(answer.json["request_id"], kept, did=f"{did}; compared the error body's request_id")
        access_line(t, kept, did)
    plain = t.api.get("/v1/posts/none").headers.get("x-request-id", "")
    t.expect(UUID.fullmatch(plain), did="no X-Request-Id", expected="a UUID", saw=plain)


@check("OBS-01", "the request id is in every line of the request and of its job")
def request_id_reaches_the_job(t: Target) -> None:
    mark, trace = request_id(), f"{uuid.uuid4().int:032x}"
    email = t.email("followed")
    t.api.post(
        "/v1/users",
        json={"email": email, "name": "Jo", "password": t.password()},
        headers={"X-Request-Id": mark, "traceparent": f"00-{trace}-00f067aa0ba902b7-01"},
    ).require(201)
    t.expect(t.smtp.wait(email, timeout=10), did="signed up", expected="a mail", saw="none")
    access_line(t, mark, "signed up with X-Request-Id and traceparent")
    t.eventually(
        lambda: records(t.logs("worker"), request_id=mark),
        timeout=5,
        expected=f"a line of the worker with request_id {mark}",
        did="signed up with X-Request-Id; read the worker's log",
    )
    for service in ("api", "worker"):
        others = [
            line.text
            for line in t.logs(service)
            if line.record
            and line.record.get("trace_id") == trace
            and line.record.get("request_id") != mark
        ]
        t.equal(others, [], did=f"looked in the {service}'s lines of that trace for another id")


# -- OBS-02: one JSON object a line -----------------------------------------------------------


def walk(t: Target) -> None:
    """Something of everything, so that the looks back have a run to look at."""
    user = t.user("walker")
    t.api.post("/v1/auth/login", json={"email": user.email, "password": t.password()}).require(401)
    for _ in range(20):
        post = user.write_post()["id"]
        t.api.get(f"/v1/posts/{post}").require(200)
        t.api.get("/v1/nope").require(404)
    t.smtp.wait(user.email, timeout=10)
    since = time.time()
    t.api.post("/v1/auth/password/forgot", json={"email": user.email}).require(202)
    mails = t.smtp.wait(user.email, since=since, timeout=10)
    t.expect(mails, did="asked for a reset mail", expected="a mail", saw="none")
    reset = {"token": t.secret(mails[0].token), "new_password": t.password()}
    t.api.post("/v1/auth/password/reset", json=reset).require(204)
    t.user("leaver").delete("/v1/users/me").require(204)
    time.sleep(1)  # the last spans are on their way


@check("OBS-02", "every line of the whole run is one JSON object", last=True)
def every_line_is_json(t: Target) -> None:
    walk(t)
    lines = [line for line in t.run.lines if line.stream == "stdout"]
    t.expect(len(lines) > 50, did="gathered stdout", expected="lines", saw=f"{len(lines)} lines")
    for line in lines:
        fault = fault_of(line)
        t.expect(
            not fault,
            did=f"parsed all {len(lines)} stdout lines of api, worker and one-shot commands",
            expected="JSON objects with timestamp, level, message, service; with both ids or none",
            saw=f"{line.service}: {fault}: {line.text}",
        )


def fault_of(line: LogLine) -> str:
    """What is wrong with a line; '' when nothing is."""
    if line.service == "jobs-retry":
        return ""  # a command for people; the clause speaks of api and worker
    record = line.record
    if record is None:
        return "no JSON object"
    moment = record.get("timestamp")
    if not isinstance(moment, str) or not RFC3339_UTC.fullmatch(moment):
        return f"timestamp {moment!r}"
    written = datetime.fromisoformat(moment.replace("Z", "+00:00")).timestamp()
    if abs(written - line.at) > 120 and line.service != "migrate":
        return f"timestamp {moment!r} is not the time"
    if record.get("level") not in LEVELS:
        return f"level {record.get('level')!r}"
    for member in ("message", "service"):
        if not isinstance(record.get(member), str) or not record[member]:
            return f"{member} {record.get(member)!r}"
    for member, pattern in (("trace_id", TRACE_ID), ("span_id", SPAN_ID)):
        if member in record and not pattern.fullmatch(str(record[member])):
            return f"{member} {record[member]!r}"
    if record["message"] == "http_request":
        missing = [m for m in ("request_id", "trace_id", "span_id") if not record.get(m)]
        return f"no {missing}" if missing else ""
    return ""


# -- OBS-03: access lines ---------------------------------------------------------------------


@check("OBS-03", "one line per request, with the route and without the query")
def one_line_per_request(t: Target) -> None:
    user = t.user("logged")
    post = user.post("/v1/posts", json={"title": "T", "body": "B"}).require(201).json["id"]
    secret = t.secret("query" + t.token())
    text = t.secret("body" + t.token())
    cases: list[tuple[str, str, str, int, bool]] = [
        ("GET", f"/v1/posts/{post}?x={secret}", "/v1/posts/{id}", 200, False),
        ("GET", f"/v1/posts?limit=1&x={secret}", "/v1/posts", 200, False),
        ("GET", f"/v1/posts?limit={secret}", "/v1/posts", 400, False),
        ("GET", f"/v1/jobs/{uuid.uuid4()}", "/v1/jobs/{id}", 404, True),
        ("GET", "/v1/users/me", "/v1/users/me", 200, True),
        ("PATCH", f"/v1/posts/{post}", "/v1/posts/{id}", 200, True),
    ]
    for method, path, route, status, signed_in in cases:
        mark = request_id()
        send: Callable[..., Response] = user.request if signed_in else t.api.request
        body = {"json": {"title": text}} if method == "PATCH" else {}
        answer = send(method, path, headers={"X-Request-Id": mark}, **body)
        t.equal(answer.status, status, did=f"{method} {route}")
        line = access_line(t, mark, f"{method} {route}")
        wanted = {"method": method, "route": route, "status": status, "client_ip": t.caller}
        if signed_in:
            wanted["user_id"] = user.id
        t.equal({key: line.get(key) for key in wanted}, wanted, did=f"{method} {route}; its line")
        duration = line.get("duration_ms")
        t.expect(
            isinstance(duration, int | float) and 0 < duration < 30_000,
            did=f"{method} {route}; its line",
            expected="duration_ms a number",
            saw=duration,
        )
    said = [line.text for line in t.logs("api") if secret in line.text or text in line.text]
    t.equal(said, [], did="looked in the log for the query's and the body's sentinel")
    for path in ("/healthz", "/readyz"):
        mark = request_id()
        t.api.get(path, headers={"X-Request-Id": mark}).require(200)
        time.sleep(0.3)
        found = records(t.logs("api"), message="http_request", request_id=mark)
        t.equal(found, [], did=f"GET {path}; looked for its line")


# -- OBS-04: no secret anywhere ---------------------------------------------------------------


@check("OBS-04", "no secret of the whole run is in any log line or span", last=True)
def no_secret_anywhere(t: Target) -> None:
    walk(t)
    # One character many times over is found in any long text that a check sent elsewhere.
    secrets = {secret for secret in t.run.sentinels if len(secret) >= 8 and len(set(secret)) >= 4}
    t.expect(len(secrets) >= 10, did="gathered sentinels", expected="10 or more", saw=len(secrets))
    texts = [(f"{line.service} {line.stream}", line.text) for line in t.run.lines]
    texts += [(f"span {span.name}", span.text) for span in t.run.spans]
    # Bytes are searched several times faster than text that holds characters beyond ASCII.
    haystack = "\n".join(text for _, text in texts).encode()
    for secret in secrets:
        if secret.encode("utf-8", "replace") not in haystack:
            continue
        where, text = next((where, text) for where, text in texts if secret in text)
        t.expect(
            False,
            did=f"searched {len(texts)} lines and spans for {len(secrets)} secrets of the run",
            expected="none of them",
            saw=f"{where}: {text.replace(secret, '<<<the secret>>>')}",
        )


# -- OBS-05: security events ------------------------------------------------------------------


def event(t: Target, name: str, answer: Response, did: str, **wanted: object) -> None:
    """Exactly one line `name` belongs to the request that was answered so."""
    mark = answer.header("x-request-id") or ""
    t.eventually(
        lambda: records(t.run.lines, message=name, request_id=mark),
        timeout=5,
        expected=f"a line {name}",
        did=did,
    )
    found = records(t.run.lines, message=name, request_id=mark)
    t.equal(len(found), 1, did=f"{did}; counted the lines {name}")
    wanted = {"client_ip": t.caller} | wanted
    t.equal({key: found[0].get(key) for key in wanted}, wanted, did=f"{did}; read the line {name}")


@check("OBS-05", "each security event has one line")
def security_events(t: Target) -> None:
    anna, bert = t.user("anna"), t.user("bert")
    credentials = {"email": anna.email, "password": anna.password}
    answer = t.api.post("/v1/auth/login", json=credentials)
    event(t, "login_succeeded", answer, "signed in", user_id=anna.id)
    wrong = credentials | {"password": t.password()}
    answer = t.api.post("/v1/auth/login", json=wrong)
    event(t, "login_failed", answer, "signed in with a wrong password")
    unknown = {"email": t.email("unknown"), "password": t.password()}
    answer = t.api.post("/v1/auth/login", json=unknown)
    event(t, "login_failed", answer, "signed in with an unknown email")

    post = anna.post("/v1/posts", json={"title": "T", "body": "B"}).require(201).json["id"]
    answer = bert.patch(f"/v1/posts/{post}", json={"title": "Mine"}).require(403)
    event(t, "access_denied", answer, "changed another user's post", user_id=bert.id)
    foreign = {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.test"}
    answer = t.api.post("/v1/auth/login", json=credentials, headers=foreign).require(403)
    event(t, "csrf_rejected", answer, "signed in from a foreign site")
    with t.extra_api(RATE_LIMIT_LOGIN="1/60", TRUSTED_PROXY_HOPS="1") as service:
        ip = {"X-Forwarded-For": "198.51.100.77"}
        for _ in range(2):
            answer = t.of(service).post("/v1/auth/login", json=unknown, headers=ip)
        t.equal(answer.status, 429, did="failed to sign in twice with login 1/60")
        event(t, "rate_limited", answer, "went over a limit", client_ip="198.51.100.77")

    t.smtp.wait(anna.email, timeout=10)
    since = time.time()
    t.api.post("/v1/auth/password/forgot", json={"email": anna.email}).require(202)
    mails = t.smtp.wait(anna.email, since=since, timeout=10)
    t.expect(mails, did="asked for a reset", expected="a mail", saw="none")
    reset = {"token": t.secret(mails[0].token), "new_password": t.password()}
    answer = t.api.post("/v1/auth/password/reset", json=reset).require(204)
    event(t, "password_reset", answer, "reset the password", user_id=anna.id)
    answer = bert.delete("/v1/users/me").require(204)
    event(t, "user_deleted", answer, "deleted the account", user_id=bert.id)

    for email in (anna.email, bert.email, unknown["email"]):
        said = [line.text for line in t.run.lines if email in line.text]
        t.equal(said, [], did=f"looked in all logs for the address {email}")


@check("OBS-05", "reuse of a refresh token has one line", variants=["jwt"])
def refresh_reuse_event(t: Target) -> None:
    user = t.user("reuse")
    t.api.post("/v1/auth/refresh", cookies=user.cookies).require(200)
    answer = t.api.post("/v1/auth/refresh", cookies=user.cookies).require(401)
    event(t, "refresh_token_reuse", answer, "used a refresh token twice", user_id=user.id)


@check("OBS-05", "input cannot forge a line")
def lines_cannot_be_forged(t: Target) -> None:
    clue = t.token()
    for feed in ("\n", "\r\n", "\\n", "\u2028", "\x85"):
        forged = f'x{feed}{{"message":"login_succeeded","level":"info","user_id":"{clue}"}}{feed}'
        t.api.post("/v1/auth/login", json={"email": forged, "password": forged})
        t.api.post("/v1/users", json={"email": forged, "name": forged, "password": forged})
        t.api.get("/v1/posts", headers={"User-Agent": forged.replace("\n", " ").replace("\r", " ")
                                        .encode("ascii", "replace").decode()})  # fmt: skip
    for path in (
        f"/v1/posts/x%0a%7b%22message%22:%22login_succeeded%22,%22user_id%22:%22{clue}%22%7d",
        f"/v1/no%0d%0a{clue}",
        f"/v1/posts?cursor=x%0a%7b%22message%22:%22login_succeeded%22,%22user_id%22:%22{clue}%22%7d",
    ):
        t.api.get(path)
    mark = request_id()
    t.api.get("/v1/posts?limit=1", headers={"X-Request-Id": mark}).require(200)
    access_line(t, mark, "sent line feeds in bodies, paths and headers, then a plain request")
    forged_lines = records(t.logs("api"), user_id=clue)
    t.equal(forged_lines, [], did="sent line feeds in bodies, paths and headers")
    broken = [line.text for line in t.logs("api") if clue in line.text and line.record is None]
    t.equal(broken, [], did="sent line feeds in bodies, paths and headers; looked for torn lines")
