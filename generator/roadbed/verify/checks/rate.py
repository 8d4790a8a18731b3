"""RATE: limits that slide, are shared, tell the truth and never lock the innocent out."""

from __future__ import annotations

import math
import re
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from roadbed.verify.check import check
from roadbed.verify.checks.tools import (
    fresh_ip,
    from_ip,
    records,
    request_id,
    scrape,
    side_by_side,
    timed,
)
from roadbed.verify.client import Client, Response
from roadbed.verify.target import Target

N, WINDOW = 10, 4.0
LOGIN_WINDOW = 8.0
LIMITS = {
    "TRUSTED_PROXY_HOPS": "1",
    "RATE_LIMIT_IP": f"{N}/{WINDOW:.0f}",
    "RATE_LIMIT_USER": f"{N}/{WINDOW:.0f}",
    "RATE_LIMIT_SIGNUP": "3/5",
    "RATE_LIMIT_LOGIN": f"5/{LOGIN_WINDOW:.0f}",
    "RATE_LIMIT_LOGIN_IP": f"7/{LOGIN_WINDOW:.0f}",
    "RATE_LIMIT_FORGOT": "3/60",
}
# Budgets are counted exactly only while Redis answers in time; a loaded machine may take longer.
PATIENT = LIMITS | {"REDIS_TIMEOUT_MS": "3000"}
ROOMY = {f"RATE_LIMIT_{policy}": "100000/60" for policy in ("IP", "USER", "SIGNUP", "FORGOT")}


def probe(client: Client) -> Response:
    """The cheapest request that counts: public, no row is written."""
    return client.get("/v1/posts?limit=1")


def accepted(answers: list[Response]) -> int:
    return sum(answer.status == 200 for answer in answers)


# -- RATE-01, -02 -----------------------------------------------------------------------------


@dataclass
class Policy:
    """One policy pushed over its limit. `retry` is sent after the announced wait."""

    name: str
    limit: int
    window: float
    send: Callable[[], Response]


@check("RATE-01", "each policy answers 429 with a true Retry-After", env=PATIENT)
def each_policy_tells_the_truth(t: Target) -> None:
    member = t.user("rated", client=from_ip(t.api))

    def policy_of(name: str, limit: int, window: float) -> Policy:
        client = from_ip(t.api)
        email = t.email("limited")
        sends: dict[str, Callable[[], Response]] = {
            "ip": lambda: probe(client),
            "user": lambda: member.get("/v1/users/me"),
            "signup": lambda: client.post(
                "/v1/users",
                json={"email": t.email("new"), "name": "New", "password": t.password()},
            ),
            "login": lambda: fail_to_log_in(t, client, email),
            "login_ip": lambda: fail_to_log_in(t, client, t.email("nobody")),
        }
        return Policy(name, limit, window, sends[name])

    policies = [
        policy_of("ip", N, WINDOW),
        policy_of("user", N, WINDOW),
        policy_of("signup", 3, 5),
        policy_of("login", 5, LOGIN_WINDOW),
        policy_of("login_ip", 7, LOGIN_WINDOW),
    ]
    side_by_side(*(lambda policy=policy: over_and_back(t, policy) for policy in policies))


def over_and_back(t: Target, policy: Policy) -> None:
    did = f"policy {policy.name} ({policy.limit} in {policy.window:g} s)"
    answer = policy.send()
    for _ in range(2 * policy.limit):
        if answer.status == 429:
            break
        answer = policy.send()
    t.equal(answer.status, 429, did=f"{did}: sent {2 * policy.limit + 1} requests")
    t.equal(answer.code, "rate_limited", did=f"{did}: went over")
    seconds = retry_after(t, answer, did)
    t.within(seconds, 1, math.ceil(policy.window), did=f"{did}: read Retry-After")
    time.sleep(seconds + 0.05)
    again = policy.send()
    t.expect(
        again.status != 429,
        did=f"{did}: sent one request after waiting Retry-After = {seconds} s",
        expected="accepted",
        saw=f"{again.status} {again.text}",
    )


def retry_after(t: Target, answer: Response, did: str) -> int:
    value = answer.header("retry-after") or ""
    t.expect(
        re.fullmatch(r"[1-9]\d*", value),
        did=did,
        expected="Retry-After in whole seconds, at least 1",
        saw=value or "no Retry-After",
    )
    return int(value)


def fail_to_log_in(t: Target, client: Client, email: str) -> Response:
    wrong = t.secret("wrong-" + t.token())
    return client.post("/v1/auth/login", json={"email": email, "password": wrong})


@check("RATE-02", "RateLimit headers count down for the tightest policy", env=PATIENT)
def headers_count_down(t: Target) -> None:
    member = t.user("counted", client=from_ip(t.api))
    stranger = from_ip(t.api)
    sends: dict[str, Callable[[], Response]] = {
        "user": lambda: member.get("/v1/users/me"),
        "ip": lambda: probe(stranger),
    }
    for name, send in sends.items():
        first, second = read_headers(t, name, send()), read_headers(t, name, send())
        t.equal(second, first - 1, did=f"policy {name}: sent two requests and compared r")
    answers = [probe(stranger) for _ in range(2 * N)]
    limited = next((answer for answer in answers if answer.status == 429), None)
    t.expect(limited, did=f"sent {2 * N} requests", expected="a 429", saw="none")
    assert limited is not None  # narrowing; t.expect has judged
    t.equal(read_headers(t, "ip", limited), 0, did="read r of the 429")


def read_headers(t: Target, name: str, answer: Response) -> int:
    """Checks both fields; returns r."""
    policy = answer.header("ratelimit-policy") or ""
    state = answer.header("ratelimit") or ""
    t.expect(
        re.fullmatch(rf'"{name}";q={N};w={WINDOW:.0f}', policy),
        did=f"policy {name}: read RateLimit-Policy of a {answer.status}",
        expected=f'"{name}";q={N};w={WINDOW:.0f}',
        saw=policy or "no such header",
    )
    match = re.fullmatch(rf'"{name}";r=(\d+);t=(\d+)', state)
    t.expect(
        match and int(match[1]) < N and int(match[2]) <= WINDOW,
        did=f"policy {name}: read RateLimit of a {answer.status}",
        expected=f'"{name}";r=<less than {N}>;t=<at most {WINDOW:.0f}>',
        saw=state or "no such header",
    )
    return int(match[1]) if match else -1


# -- RATE-04 … 06: whose budget it is ---------------------------------------------------------


@check("RATE-04", "one budget over two instances, exact in a race", env=PATIENT)
def exact_under_concurrency(t: Target) -> None:
    for _ in range(3):
        ip = fresh_ip()
        clients = [from_ip(t.api, ip), from_ip(t.api2, ip)]
        calls = [lambda client=clients[i % 2]: probe(client) for i in range(50)]
        seconds, answers = timed_race(t, calls)
        if seconds < WINDOW - 0.5:
            t.equal(accepted(answers), N, did=f"50 parallel requests over two instances, limit {N}")
            return
    t.within(seconds, 0, WINDOW - 0.5, did="sent 50 parallel requests three times, timed them")


def timed_race(t: Target, calls: Sequence[Callable[[], Response]]) -> tuple[float, list[Response]]:
    started = time.monotonic()
    answers = t.race(calls)
    return time.monotonic() - started, answers


@check("RATE-05", "a user's budget is the user's, not the address's", env=PATIENT)
def budget_of_a_user(t: Target) -> None:
    shared = fresh_ip()
    anna = t.user("anna", client=from_ip(t.api))
    bert = t.user("bert", client=from_ip(t.api))
    at_shared, elsewhere = {"X-Forwarded-For": shared}, {"X-Forwarded-For": fresh_ip()}
    time.sleep(WINDOW)  # their sign-ins may have counted
    answers = [anna.get("/v1/users/me", headers=at_shared) for _ in range(N + 3)]
    t.equal(accepted(answers), N, did=f"Anna sent {N + 3} requests from one address")
    status = bert.get("/v1/users/me", headers=at_shared).status
    t.equal(status, 200, did="Bert sent one from the same address, with Anna over her budget")
    status = anna.get("/v1/users/me", headers=elsewhere).status
    t.equal(status, 429, did="Anna, over her budget, sent one from another address")


@check("RATE-06", "the client's address cannot be forged", env=PATIENT)
def address_cannot_be_forged(t: Target) -> None:
    side_by_side(lambda: one_hop(t), lambda: no_hop(t), lambda: two_hops(t), lambda: ipv6(t))


def spoof(
    t: Target, client: Client, service_lines: Callable[[], list[object]], header: str, ip: str
) -> None:
    """N + 3 requests with a changing forged entry: one budget, and one address in the log."""
    marks = [request_id() for _ in range(N + 3)]
    answers = [
        client.get(
            "/v1/posts?limit=1",
            headers={"X-Forwarded-For": header.format(fresh_ip()), "X-Request-Id": mark},
        )
        for mark in marks
    ]
    did = f"sent {N + 3} requests with X-Forwarded-For: {header.format('<changing>')}"
    t.equal(accepted(answers), N, did=did)

    def seen() -> set[object]:
        found = [records(service_lines(), message="http_request", request_id=m) for m in marks]  # type: ignore[arg-type]
        return {record["client_ip"] for group in found for record in group} if all(found) else set()

    logged = t.eventually(seen, timeout=5, did=did, expected="an access line for each request")
    t.equal(logged, {ip}, did=f"{did}; read client_ip in the access log")


def no_hop(t: Target) -> None:
    with t.extra_api(TRUSTED_PROXY_HOPS="0") as service:
        spoof(t, t.of(service), service.lines, "{0}, 198.51.100.9", t.caller)  # type: ignore[arg-type]


def one_hop(t: Target) -> None:
    ip = fresh_ip()
    spoof(t, t.api, lambda: t.logs("api"), "{0}, 198.51.100.9, " + ip, ip)  # type: ignore[arg-type, return-value]


def two_hops(t: Target) -> None:
    ip = fresh_ip()
    with t.extra_api(TRUSTED_PROXY_HOPS="2") as service:
        spoof(t, t.of(service), service.lines, "{0}, " + ip + ", 198.51.100.9", ip)  # type: ignore[arg-type]


def ipv6(t: Target) -> None:
    net = f"2001:db8:{t.token(2)}:{t.token(2)}"
    other = f"2001:db8:{t.token(2)}:{t.token(2)}"
    near = [f"{net}::{i:x}" for i in range(1, 4)] + [f"{net}:ffff:{i:x}::1" for i in range(N)]
    answers = [probe(from_ip(t.api, ip)) for ip in near]
    t.equal(accepted(answers), N, did=f"sent from {N + 3} addresses of one IPv6 /64")
    t.equal(probe(from_ip(t.api, f"{other}::1")).status, 200, did="sent from another IPv6 /64")


# -- RATE-07, -08, -09: logins and reset mails ------------------------------------------------


@check("RATE-07", "after five failures even the right password must wait", env=PATIENT)
def brute_force_is_stopped(t: Target) -> None:
    victim = t.user("victim", client=from_ip(t.api))
    for email, password, what in (
        (victim.email, victim.password, "a user's"),
        (t.email("unknown"), t.password(), "an unknown"),
    ):
        attacker = from_ip(t.api)
        statuses = [fail_to_log_in(t, attacker, email).status for _ in range(5)]
        t.equal(statuses, [401] * 5, did=f"five failed logins with {what} email")
        answer = attacker.post("/v1/auth/login", json={"email": email, "password": password})
        t.equal(
            (answer.status, answer.code),
            (429, "rate_limited"),
            did=f"the sixth with {what} email and the right password",
        )


@check("RATE-08", "who knows the password is never locked out", env=PATIENT)
def the_innocent_get_in(t: Target) -> None:
    limits = ROOMY | {"RATE_LIMIT_LOGIN": "5/60", "RATE_LIMIT_LOGIN_IP": "20/60"}
    with t.extra_api(**limits) as service:
        api = t.of(service)
        anna = t.user("anna", client=from_ip(api))

        def log_in(client: Client) -> int:
            body = {"email": anna.email, "password": anna.password}
            return client.post("/v1/auth/login", json=body).status

        signed_in = {200, 204}
        home = from_ip(api)
        statuses = {log_in(home) for _ in range(60)}
        t.expect(
            statuses <= signed_in,
            did="60 good logins from one address, limits login 5 and login_ip 20 in 60 s",
            expected="all accepted",
            saw=statuses,
        )
        attacker = from_ip(api)
        failures = [fail_to_log_in(t, attacker, anna.email).status for _ in range(6)]
        t.equal(failures, [401] * 5 + [429], did="six failed logins of the victim's email")
        t.expect(
            log_in(home) in signed_in,
            did="the victim signed in from another address meanwhile",
            expected="accepted",
            saw="refused",
        )
        clumsy = from_ip(api)
        for turn in range(3):
            failures = [fail_to_log_in(t, clumsy, anna.email).status for _ in range(4)]
            t.equal(failures, [401] * 4, did=f"four failures after {turn} successes")
            t.expect(
                log_in(clumsy) in signed_in,
                did="a success after four failures",
                expected="accepted, and the (email, address) counter cleared",
                saw="refused",
            )
    ip = fresh_ip()
    answers = [probe(from_ip(t.api, ip)) for _ in range(N + 3)]
    t.equal(accepted(answers), N, did="spent an address's budget")
    for path in ("/healthz", "/readyz"):
        statuses = {from_ip(t.api, ip).get(path).status for _ in range(3 * N)}
        t.equal(statuses, {200}, did=f"GET {path} {3 * N} times from that address")


@check("RATE-09", "reset mails stop, the answer does not change", env=PATIENT)
def reset_mails_stop(t: Target) -> None:
    user = t.user("forgetful", client=from_ip(t.api), verified=True)
    since = time.time()
    answers = [
        from_ip(t.api).post("/v1/auth/password/forgot", json={"email": user.email})
        for _ in range(6)
    ]
    shapes = {(answer.status, answer.body.decode().strip()) for answer in answers}
    t.equal(shapes, {(202, "{}")}, did="asked six times for a reset mail, limit 3")
    mails = t.smtp.wait(user.email, count=3, since=since, timeout=10)
    t.equal(len(mails), 3, did="asked six times; waited for three mails")
    t.never(
        lambda: len(t.smtp.mails(user.email, since=since)) > 3,
        seconds=2,
        expected="no fourth mail",
        did="asked six times, limit 3; watched for 2 s",
    )


# -- RATE-10 ----------------------------------------------------------------------------------


@check("RATE-10", "Redis stopped: requests pass", env=LIMITS, faults=["REDIS"], alone=True)
def redis_stopped(t: Target) -> None:
    fails_open(t, "stop", "start")


@check("RATE-10", "Redis paused: requests pass", env=LIMITS, faults=["REDIS"], alone=True)
def redis_paused(t: Target) -> None:
    fails_open(t, "pause", "unpause")


def fails_open(t: Target, break_it: str, mend_it: str) -> None:
    client = from_ip(t.api)
    warm = statistics.median(timed(lambda: probe(from_ip(t.api)))[0] for _ in range(9))
    signup = quick_quarter([timed(lambda: sign_up(t, from_ip(t.api)))[0] for _ in range(8)])
    before = scrape(t, t.admin("api"))
    since = time.time()
    getattr(t.ctl, break_it)("redis")
    did = f"Redis: {break_it}"
    reads = [timed(lambda: probe(client)) for _ in range(3 * N)]
    t.equal({answer.status for _, answer in reads}, {200}, did=f"{did}; {3 * N} reads, limit {N}")
    slow = statistics.median(seconds for seconds, _ in reads)
    t.within(slow - warm, -1, 0.3, did=f"{did}; seconds added to the median read")
    created = [timed(lambda: sign_up(t, client)) for _ in range(8)]
    t.equal({answer.status for _, answer in created}, {201}, did=f"{did}; 8 sign-ups, limit 3")
    slow = quick_quarter([seconds for seconds, _ in created])
    t.within(slow - signup, -1, 0.3, did=f"{did}; seconds added to the quicker sign-ups")
    errors = scrape(t, t.admin("api")).since(before)
    t.expect(
        errors.total("rate_limit_decisions_total", decision="error") >= 3 * N,
        did=f'{did}; read rate_limit_decisions_total{{decision="error"}}',
        expected=f"grown by at least {3 * N}",
        saw=errors.select("rate_limit_decisions_total", decision="error"),
    )
    warned_rarely(t, since, did)
    getattr(t.ctl, mend_it)("redis")
    t.eventually(
        lambda: 429 in {probe(client).status for _ in range(N + 1)},
        timeout=15,
        expected="limits hold again",
        did=f"{did}, then {mend_it}",
    )


def quick_quarter(seconds: list[float]) -> float:
    """The first quartile: password hashing on a busy machine spreads the slower ones widely."""
    return statistics.quantiles(seconds, n=4)[0]


def sign_up(t: Target, client: Client) -> Response:
    body = {"email": t.email("open"), "name": "Open", "password": t.password()}
    return client.post("/v1/users", json=body)


def warned_rarely(t: Target, since: float, did: str) -> None:
    """A warning is there (perhaps of a fault just before), and none comes twice in 10 s."""
    lines = t.logs("api", since - 10)
    warnings = [line for line in lines if (line.record or {}).get("level") == "warn"]
    t.expect(warnings, did=did, expected="a warning in the log", saw="none")
    moments: dict[str, list[float]] = {}
    for line in warnings:
        moments.setdefault(str((line.record or {})["message"]), []).append(line.at)
    for message, times in moments.items():
        gaps = [after - before for before, after in pairwise(times)]
        t.expect(
            all(gap > 9.5 for gap in gaps),
            did=f"{did}; sent many requests and read the warnings {message!r}",
            expected="one in 10 s at most",
            saw=f"{len(times)} warnings, seconds between them: {[round(gap, 1) for gap in gaps]}",
        )
