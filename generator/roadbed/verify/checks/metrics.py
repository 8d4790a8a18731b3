"""OBS: metrics. What /metrics says is what happened, and it stays small."""

from __future__ import annotations

import random
import string
import time
import uuid
from contextlib import AbstractContextManager

from roadbed.verify.check import check
from roadbed.verify.checks.tools import from_ip, scrape
from roadbed.verify.client import Client
from roadbed.verify.exposition import Scrape, buckets
from roadbed.verify.process import Service
from roadbed.verify.target import Target

DURATION = "http_server_request_duration_seconds"
COUNT = f"{DURATION}_count"
PROBES = frozenset({"/healthz", "/readyz"})
BUCKETS = {0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0}
KNOWN_METHODS = {
    "GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH", "QUERY",
    "_OTHER",
}  # fmt: skip


@check("OBS-06", "/metrics on both admin ports, strictly parsed, and not on the public one")
def metrics_on_the_admin_port(t: Target) -> None:
    for service in ("api", "api2", "worker"):
        found = scrape(t, t.admin(service))
        t.expect(found.values, did=f"read /metrics of {service}", expected="series", saw="none")
    answer = t.api.get("/metrics")
    t.equal((answer.status, answer.code), (404, "not_found"), did="GET /metrics, public")
    for path in ("/v1/posts", "/v1/users/me"):
        status = t.admin("api").get(path).status
        t.equal(status, 404, did=f"GET {path} on the admin port")


@check("OBS-07", "the duration histogram counts exactly the requests sent")
def counts_are_exact(t: Target) -> None:
    with t.extra_api() as service:
        api = t.of(service)
        counted(
            t,
            service,
            [
                (api, "GET", "/v1/posts?limit=1", "/v1/posts", 200, 7),
                (api, "GET", f"/v1/posts/{uuid.uuid4()}", "/v1/posts/{id}", 404, 3),
                (api, "GET", "/v1/posts?limit=0", "/v1/posts", 400, 2),
                (api, "GET", "/v1/users/me", "/v1/users/me", 401, 4),
                (api, "PUT", "/v1/posts", "/v1/posts", 405, 2),
                (api, "POST", "/v1/auth/login", "/v1/auth/login", 400, 2),
                (api, "GET", "/v1/nope", "", 404, 5),
            ],
        )
    with without_tables(t) as service:
        api = t.of(service)
        counted(t, service, [(api, "GET", "/v1/posts", "/v1/posts", 500, 5)])


def without_tables(t: Target) -> AbstractContextManager[Service]:
    """An API on a database without tables: its reads are server errors nobody else sees."""
    sql = t.keep().enter_context(t.fresh_database())
    return t.extra_api(DATABASE_URL=sql.dsn)


def counted(
    t: Target, service: Service, cases: list[tuple[Client, str, str, str, int, int]]
) -> None:
    admin = t.admin_of(service)
    before, started = scrape(t, admin), time.monotonic()
    wanted: dict[tuple[str, str, str], float] = {}
    for client, method, path, route, status, times in cases:
        for _ in range(times):
            t.equal(client.request(method, path).status, status, did=f"{method} {path}")
        # 405 has no route of its own: the template or nothing are both right.
        key = (method, "*" if status == 405 else route, str(status))
        wanted[key] = wanted.get(key, 0) + times
    elapsed = time.monotonic() - started
    t.eventually(
        lambda: tally(scrape(t, admin).since(before)) == wanted,
        timeout=3,
        expected=wanted,
        did=f"read the growth of {COUNT}",
        saw=lambda: tally(scrape(t, admin).since(before)),
    )
    after = scrape(t, admin)
    t.equal(after.types.get(DURATION), "histogram", did=f"read the type of {DURATION}")
    missing = BUCKETS - buckets(after, DURATION)
    t.equal(missing, set(), did=f"looked for the buckets of {DURATION}")
    # A probe that nobody waited for any longer, at the start, may end only now.
    spent = sum(
        value
        for labels, value in after.since(before).select(f"{DURATION}_sum").items()
        if dict(labels).get("http_route") not in PROBES
    )
    t.within(spent, 1e-6, elapsed, did=f"read the growth of {DURATION}_sum, in seconds")


def tally(grown: Scrape) -> dict[tuple[str, str, str], float]:
    """Requests by method, route and status; probes and the idle left out."""
    found: dict[tuple[str, str, str], float] = {}
    for labels, value in grown.select(COUNT).items():
        label = dict(labels)
        route, status = label.get("http_route", ""), label.get("http_response_status_code", "")
        if value and route not in PROBES:
            key = (label.get("http_request_method", ""), "*" if status == "405" else route, status)
            found[key] = found.get(key, 0) + value
    return found


@check("OBS-08", "random paths, ids and methods add next to no series")
def cardinality_is_bounded(t: Target) -> None:
    words = ["".join(random.choices(string.ascii_lowercase, k=9)) for _ in range(100)]
    with t.extra_api() as service:
        api, admin = t.of(service, observed=False), t.admin_of(service)
        for method, path in (("GET", "/v1/posts?limit=1"), ("GET", "/v1/posts/x"), ("GET", "/x")):
            api.request(method, path)
        before = scrape(t, admin)
        for word in words:
            api.get(f"/{word}/{uuid.uuid4()}")
            api.get(f"/v1/posts/{uuid.uuid4()}")
        methods = ["PROPFIND", "PURGE", "LINK", "SEARCH", *(word.upper() for word in words[:96])]
        seen = {api.request(method, "/v1/posts").status for method in methods}
        time.sleep(0.3)
        after = scrape(t, admin)
    new = after.new_series(before, COUNT)
    by_status: dict[str, int] = {}
    for labels in new:
        status = dict(labels).get("http_response_status_code", "")
        by_status[status] = by_status.get(status, 0) + 1
    t.expect(
        all(count <= 3 for count in by_status.values()),
        did="100 random paths, 100 random ids, 100 random methods; counted new series by status",
        expected="at most 3 for each status",
        saw=by_status,
    )
    routes = after.label_values(COUNT, "http_route")
    t.expect(
        {"/v1/posts", "/v1/posts/{id}"} <= routes
        and not any(word in route for word in words for route in routes),
        did="read the values of http_route",
        expected="templates in the form /v1/posts/{id}",
        saw=routes,
    )
    methods_seen = after.label_values(COUNT, "http_request_method")
    t.expect(
        methods_seen <= KNOWN_METHODS,
        did="sent unknown methods; read the values of http_request_method",
        expected="known methods and _OTHER",
        saw=methods_seen,
    )
    if seen & {404, 405}:  # else the HTTP parser itself refused all of them
        t.expect(
            "_OTHER" in methods_seen,
            did="sent unknown methods, answered by the service",
            expected="counted under _OTHER",
            saw=methods_seen,
        )


@check("OBS-09", "the cache and the limits are counted", env={"TRUSTED_PROXY_HOPS": "1"})
def cache_and_limits_are_counted(t: Target) -> None:
    user = t.user("counted", client=from_ip(t.api))
    post = user.post("/v1/posts", json={"title": "T", "body": "B"}).require(201).json["id"]
    with t.extra_api(RATE_LIMIT_IP="5/60") as service:
        client, admin = from_ip(t.of(service)), t.admin_of(service)
        before = scrape(t, admin)
        statuses = [client.get(f"/v1/posts/{post}").status for _ in range(8)]
        t.equal(statuses, [200] * 5 + [429] * 3, did="read a post 8 times, limit 5")
        wanted = {
            ("rate_limit_decisions_total", "policy=ip", "decision=allowed"): 5.0,
            ("rate_limit_decisions_total", "policy=ip", "decision=limited"): 3.0,
            ("cache_requests_total", "result=hit"): 4.0,
            ("cache_requests_total", "result=miss"): 1.0,
        }

        def grown() -> dict[tuple[str, ...], float]:
            since = scrape(t, admin).since(before)
            return {
                (name, *labels): since.total(name, **dict(label.split("=") for label in labels))
                for name, *labels in wanted
            }

        t.eventually(
            lambda: grown() == wanted,
            timeout=3,
            expected=wanted,
            did="read a post 8 times, limit 5; read what grew",
            saw=grown,
        )


@check("OBS-09", "a dead cache is counted", faults=["REDIS"])
def dead_cache_is_counted(t: Target) -> None:
    user = t.user("counted")
    post = user.post("/v1/posts", json={"title": "T", "body": "B"}).require(201).json["id"]
    before = scrape(t, t.admin("api"))
    t.ctl.stop("redis")
    for _ in range(3):
        t.api.get(f"/v1/posts/{post}").require(200)
    grown = scrape(t, t.admin("api")).since(before)
    for name, labels in (
        ("cache_requests_total", {"result": "error"}),
        ("rate_limit_decisions_total", {"decision": "error"}),
    ):
        t.expect(
            grown.total(name, **labels) >= 3,
            did="Redis stopped, read a post 3 times",
            expected=f"{name} {labels} grown by 3",
            saw=grown.select(name),
        )


@check("OBS-09", "jobs are counted, pending ones are seen", profile="fast")
def jobs_are_counted(t: Target) -> None:
    before = scrape(t, t.admin("worker"))
    user = t.user("counted")
    t.smtp.wait(user.email, timeout=10)
    kind = t.sql.value("SELECT type FROM jobs WHERE user_id = %s::uuid LIMIT 1", user.id)
    t.eventually(
        lambda: (
            scrape(t, t.admin("worker"))
            .since(before)
            .total("jobs_processed_total", outcome="succeeded", job_type=kind)
            >= 1
        ),
        timeout=5,
        expected=f"jobs_processed_total of {kind}, outcome succeeded, grown",
        did="signed up",
        saw=lambda: scrape(t, t.admin("worker")).select("jobs_processed_total"),
    )
    after = scrape(t, t.admin("worker"))
    t.equal(after.types.get("job_duration_seconds"), "histogram", did="read its type")
    grown = after.since(before).total("job_duration_seconds_count")
    t.expect(grown >= 1, did="read job_duration_seconds_count", expected="grown", saw=grown)
    for gauge in ("jobs_pending", "jobs_dead", "jobs_oldest_pending_age_seconds"):
        t.expect(
            after.types.get(gauge) == "gauge" and after.select(gauge),
            did=f"read {gauge}",
            expected="a gauge",
            saw=after.types.get(gauge, "no such series"),
        )
    failing = t.email("pending")
    t.smtp.refuse(failing)
    body = {"email": failing, "name": "Jo", "password": t.password()}
    t.api.post("/v1/users", json=body).require(201)
    t.eventually(
        lambda: scrape(t, t.admin("worker")).total("jobs_pending") >= 1,
        timeout=10,
        expected="jobs_pending at least 1",
        did="signed up with the sink answering 451",
    )
    t.eventually(
        lambda: scrape(t, t.admin("worker")).total("jobs_oldest_pending_age_seconds") > 0,
        timeout=10,
        expected="jobs_oldest_pending_age_seconds above 0",
        did="signed up with the sink answering 451",
    )
    t.smtp.accept(failing)
