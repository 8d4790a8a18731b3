"""HEALTH: liveness asks nobody, readiness tells the truth in time, and both recover alone."""

from __future__ import annotations

import time

from roadbed.verify.check import check
from roadbed.verify.client import Client, Response
from roadbed.verify.process import Service
from roadbed.verify.target import Target

OK = {"status": "ok", "checks": {"postgres": "ok", "redis": "ok"}}
DEGRADED = {"status": "degraded", "checks": {"postgres": "ok", "redis": "fail"}}


@check("HEALTH-01", "alive with PostgreSQL and Redis stopped", faults=["PG", "REDIS"])
def alive_alone(t: Target) -> None:
    for server in ("postgres", "redis"):
        t.ctl.stop(server)
    is_alive(t, "PostgreSQL and Redis stopped")


@check("HEALTH-01", "alive with PostgreSQL and Redis hung, under load", faults=["PG", "REDIS"])
def alive_while_they_hang(t: Target) -> None:
    for server in ("postgres", "redis"):
        t.ctl.pause(server)
    calls = [lambda: t.api.get("/v1/posts", timeout=15) for _ in range(20)]
    t.race([*calls, lambda: is_alive(t, "PostgreSQL and Redis paused, 20 reads waiting")])


def is_alive(t: Target, did: str) -> Response:
    for _ in range(5):
        answer = t.api.get("/healthz", timeout=5)
        t.equal((answer.status, answer.json), (200, {"status": "ok"}), did=f"{did}; GET /healthz")
        t.within(answer.elapsed, 0, 0.5, did=f"{did}; timed GET /healthz, in s")
        time.sleep(0.1)
    return answer


@check("HEALTH-02", "ready with everything up")
def ready(t: Target) -> None:
    is_ready(t, t.api, "everything up")


def is_ready(t: Target, client: Client, did: str) -> None:
    answer = client.get("/readyz")
    t.equal((answer.status, answer.json), (200, OK), did=f"{did}; GET /readyz")


@check("HEALTH-02", "PostgreSQL stopped: unavailable, and ready again alone", faults=["PG"])
def postgres_stopped(t: Target) -> None:
    unavailable_and_back(t, "stop", "start")


@check("HEALTH-02", "PostgreSQL hung: unavailable, and ready again alone", faults=["PG"])
def postgres_paused(t: Target) -> None:
    unavailable_and_back(t, "pause", "unpause")


def unavailable_and_back(t: Target, break_it: str, mend_it: str) -> None:
    pid = t.ctl.pid("api")
    getattr(t.ctl, break_it)("postgres")
    did = f"PostgreSQL: {break_it}"
    for _ in range(3):
        answer = t.api.get("/readyz", timeout=10)
        t.equal(answer.status, 503, did=f"{did}; GET /readyz")
        t.within(answer.elapsed, 0, 3, did=f"{did}; timed GET /readyz, in s")
        body = answer.json
        t.expect(
            body.get("status") == "unavailable"
            and set(body) <= {"status", "checks"}
            and body.get("checks", {}).get("postgres") == "fail",
            did=f"{did}; GET /readyz",
            expected='{"status":"unavailable","checks":{"postgres":"fail",…}} and nothing else',
            saw=str(answer),
        )
    getattr(t.ctl, mend_it)("postgres")
    t.eventually(
        lambda: t.api.get("/readyz").status == 200,
        timeout=10,
        interval=0.2,
        expected="ready within 10 s",
        did=f"{did}, then {mend_it}",
    )
    is_ready(t, t.api, f"{did}, then {mend_it}")
    t.equal(t.ctl.pid("api"), pid, did=f"{did}, then {mend_it}; compared the process id")


@check("HEALTH-02", "Redis stopped: degraded, and ok again alone", faults=["REDIS"])
def redis_stopped(t: Target) -> None:
    degraded_and_back(t, "stop", "start")


@check("HEALTH-02", "Redis hung: degraded, and ok again alone", faults=["REDIS"])
def redis_paused(t: Target) -> None:
    degraded_and_back(t, "pause", "unpause")


def degraded_and_back(t: Target, break_it: str, mend_it: str) -> None:
    getattr(t.ctl, break_it)("redis")
    did = f"Redis: {break_it}"
    for _ in range(3):
        answer = t.api.get("/readyz", timeout=10)
        t.equal((answer.status, answer.json), (200, DEGRADED), did=f"{did}; GET /readyz")
        t.within(answer.elapsed, 0, 3, did=f"{did}; timed GET /readyz, in s")
    t.equal(t.api.get("/v1/posts?limit=1").status, 200, did=f"{did}; a public read")
    getattr(t.ctl, mend_it)("redis")
    t.eventually(
        lambda: t.api.get("/readyz").json == OK,
        timeout=10,
        interval=0.2,
        expected="ok within 10 s",
        did=f"{did}, then {mend_it}",
        saw=lambda: str(t.api.get("/readyz")),
    )


@check("HEALTH-03", "the worker answers both probes on its admin port")
def worker_probes(t: Target) -> None:
    admin = t.admin("worker")
    for path in ("/healthz", "/readyz"):
        answer = admin.get(path)
        t.equal(answer.status, 200, did=f"GET {path} of the worker")
        t.equal((answer.json or {}).get("status"), "ok", did=f"GET {path} of the worker")


@check("HEALTH-03", "the worker lives, not ready, without PostgreSQL", faults=["PG"])
def worker_without_postgres(t: Target) -> None:
    t.ctl.stop("postgres")
    admin = t.admin("worker")
    t.eventually(
        lambda: admin.get("/readyz").status == 503,
        timeout=5,
        expected="503",
        did="PostgreSQL stopped; GET /readyz of the worker",
    )
    answer = admin.get("/healthz")
    t.equal(answer.status, 200, did="PostgreSQL stopped; GET /healthz of the worker")
    t.ctl.start("postgres")
    t.eventually(
        lambda: admin.get("/readyz").status == 200,
        timeout=10,
        expected="ready within 10 s",
        did="PostgreSQL back; GET /readyz of the worker",
    )


@check("HEALTH-04", "started without PostgreSQL, ready once it is there", faults=["PG"])
def started_without_postgres(t: Target) -> None:
    t.ctl.stop("postgres")
    with t.extra_api(False) as api, t.extra_worker(False) as worker:
        probes = {"api": t.of(api), "worker": t.admin_of(worker)}
        # However slow the machine is: both must have met the missing database.
        for service, client in ((api, probes["api"]), (worker, probes["worker"])):
            t.eventually(
                lambda: not service.running or client.get("/healthz").status == 200,  # noqa: B023
                timeout=40,
                expected="alive, or exited",
                did=f"started {service.verb} with PostgreSQL down",
            )
        supervise(api, worker, until=time.monotonic() + 3)
        t.ctl.start("postgres")

        def all_ready() -> bool:
            supervise(api, worker)
            return all(client.get("/readyz").status == 200 for client in probes.values())

        t.eventually(
            all_ready,
            timeout=30,
            interval=0.2,
            expected="api and worker ready within 30 s",
            did="started api and worker with PostgreSQL down (restarted when they exit), "
            "then started PostgreSQL",
        )


def supervise(*services: Service, until: float = 0.0) -> None:
    """What a supervisor does: start whatever has exited, with a second's pause."""
    while True:
        for service in services:
            if not service.running:
                time.sleep(1)
                service.start(wait=False)
        if time.monotonic() >= until:
            return
        time.sleep(0.2)
