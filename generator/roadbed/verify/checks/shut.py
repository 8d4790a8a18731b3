"""SHUT: whoever was let in is served, whoever comes late is told, and the process ends."""

from __future__ import annotations

import http.client
import signal
import socket
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager

from roadbed.verify.check import check
from roadbed.verify.checks.tools import background
from roadbed.verify.checks.trace import traceparent
from roadbed.verify.client import Client, Response
from roadbed.verify.jobs import job, jobs_of, reaches
from roadbed.verify.process import Service
from roadbed.verify.target import Target

HELD = 20
PATIENT = {  # 20 held requests must fit into the pool and into its timeouts
    "DB_POOL_MAX": "30",
    "DB_POOL_TIMEOUT": "20",
    "DB_STATEMENT_TIMEOUT": "60",
}


@contextmanager
def held_requests(
    t: Target, client: Client, headers: list[dict[str, str]]
) -> Iterator[list[Future[Response]]]:
    """Requests that wait for a lock on `posts`; the lock is released when the block ends."""
    with ThreadPoolExecutor(max_workers=len(headers)) as pool, t.sql.connect() as lock:
        lock.execute("LOCK TABLE posts IN ACCESS EXCLUSIVE MODE")
        answers = [
            pool.submit(client.get, "/v1/posts?limit=1", headers=each, timeout=40)
            for each in headers
        ]
        t.eventually(
            lambda: waiting(t) >= len(headers),
            timeout=10,
            expected=f"{len(headers)} queries that wait for the lock",
            did=f"locked `posts` and sent {len(headers)} reads, DB_POOL_MAX=30",
            saw=lambda: waiting(t),
        )
        yield answers
        lock.rollback()


def waiting(t: Target) -> int:
    return int(
        t.sql.value(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
            " AND wait_event_type = 'Lock' AND state = 'active'"
        )
    )


@check("SHUT-01", "20 requests in flight at SIGTERM all get their answer", faults=["API", "PG"])
def in_flight_is_served(t: Target) -> None:
    values = [traceparent() for _ in range(HELD)]
    # Spans wait for a minute, so that only the flush on the way out can have sent them.
    with t.extra_api(**PATIENT, OTEL_BSP_SCHEDULE_DELAY="60000") as service:
        headers = [{"traceparent": value} for value, _, _ in values]
        with held_requests(t, t.of(service), headers) as held:
            service.signal(signal.SIGTERM)
            told = time.monotonic()
            time.sleep(3)
            t.expect(service.running, did="SIGTERM with 20 requests held; waited 3 s",
                     expected="still running", saw=f"exit {service.exit_code}")  # fmt: skip
        answers = [outcome(future) for future in held]
        t.equal(Counter(answers), Counter({"200": HELD}), did="SIGTERM, then released the lock")
        code = service.wait_exit(25)
        t.within(time.monotonic() - told, 0, 25, did="SIGTERM; timed the exit, in s")
        t.equal(code, 0, did="SIGTERM with 20 requests in flight; read the exit code")
    traces = {trace_id for _, trace_id, _ in values}
    spans = t.otlp.wait(
        lambda span: span.trace_id in traces and span.kind == "SERVER", count=HELD, timeout=5
    )
    t.equal(len(spans), HELD, did="SIGTERM with 20 requests in flight; counted their spans")


def outcome(future: Future[Response]) -> str:
    try:
        return str(future.result(timeout=40).status)
    except OSError as error:
        return f"{type(error).__name__}: {error}"


@check(
    "SHUT-02", "after SIGTERM nobody is let in, and idle connections close", faults=["API", "PG"]
)
def nobody_is_let_in(t: Target) -> None:
    with t.extra_api(**PATIENT) as service:
        client = t.of(service)
        idle = [kept_alive(t, client) for _ in range(3)]
        with held_requests(t, client, [{}] * 2) as held:
            service.signal(signal.SIGTERM)
            told = time.monotonic()
            t.eventually(
                lambda: turned_away(client),
                timeout=2,
                expected="refused, or 503 with Connection: close, within 2 s",
                did="SIGTERM with two requests in flight; opened new connections",
            )
            for link in idle:
                link.settimeout(max(0.1, told + 2.5 - time.monotonic()))
                t.expect(
                    closed(link),
                    did="SIGTERM; watched an idle keep-alive connection",
                    expected="closed within 2 s",
                    saw="open",
                )
        t.equal([outcome(future) for future in held], ["200"] * 2, did="then released the lock")
        t.equal(service.wait_exit(25), 0, did="SIGTERM; read the exit code")


def kept_alive(t: Target, client: Client) -> socket.socket:
    """An open connection that has had one answer."""
    link = t.keep().enter_context(client.connect(5))
    link.sendall(b"GET /v1/posts?limit=1 HTTP/1.1\r\nHost: suite\r\n\r\n")
    answer = http.client.HTTPResponse(link)
    answer.begin()
    answer.read()
    t.equal(answer.status, 200, did="opened a keep-alive connection")
    return link


def closed(link: socket.socket) -> bool:
    try:
        return link.recv(1) == b""
    except TimeoutError:
        return False
    except OSError:
        return True


def turned_away(client: Client) -> bool:
    try:
        answer = client.get("/v1/nope", timeout=1)
    except ConnectionRefusedError:
        return True
    return answer.status == 503 and (answer.header("connection") or "").lower() == "close"


@check("SHUT-02", "rolling restart under load: no request is lost", faults=["API"])
def rolling_restart(t: Target) -> None:
    results: Counter[str] = Counter()
    refused: Counter[str] = Counter()
    lock = threading.Lock()

    def load(stop: threading.Event) -> None:
        clients = [t.api, t.api2]
        turn = 0
        while not stop.is_set():
            turn += 1
            seen, away = steady_request(clients[turn % 2], clients[(turn + 1) % 2])
            with lock:
                results[seen] += 1
                refused.update(away)
            time.sleep(0.02)

    with background(load), background(load), background(load):
        time.sleep(0.5)
        for name in ("api", "api2"):
            t.ctl.signal(name, signal.SIGTERM)
            t.equal(t.ctl.wait_exit(name, 28), 0, did=f"SIGTERM to {name} under load")
            t.ctl.start(name)
            time.sleep(0.3)
    t.expect(
        set(results) == {"200"} and results["200"] > 100,
        did="restarted both instances in turn under load; retried only what was refused",
        expected="only 200",
        saw=f"{dict(results)}; refused: {dict(refused)}",
    )


def steady_request(first: Client, second: Client) -> tuple[str, list[str]]:
    """One read, sent to the other instance when this one turns it away."""
    away: list[str] = []
    for client in (first, second, first, second):
        try:
            answer = client.get("/v1/posts?limit=1", timeout=10)
        except ConnectionRefusedError:
            away.append("refused")
            continue
        except OSError as error:
            return f"{type(error).__name__}: {error}", away
        closing = (answer.header("connection") or "").lower() == "close"
        if answer.status == 503 and closing:
            away.append("503 close")
            continue
        return str(answer.status), away
    return "turned away by both", away


@check("SHUT-03", "a request that never ends does not keep the process", faults=["API", "PG"])
def endless_request(t: Target) -> None:
    with (
        t.extra_api(**PATIENT, SHUTDOWN_TIMEOUT="3") as service,
        held_requests(t, t.of(service), [{}] * 3),
    ):
        service.signal(signal.SIGTERM)
        told = time.monotonic()
        t.eventually(
            lambda: not service.running,
            timeout=6.5,
            expected="gone within SHUTDOWN_TIMEOUT (3 s) + 3 s",
            did="SIGTERM with three requests that wait for a lock for ever",
        )
        t.within(time.monotonic() - told, 0, 6.3, did="SIGTERM; timed the exit, in s")


# -- SHUT-04: the worker ----------------------------------------------------------------------

PATIENT_WORKER = {"JOB_TIMEOUT": "30", "JOB_LEASE": "60", "WORKER_CONCURRENCY": "2"}


@contextmanager
def worker_in_a_job(t: Target, seconds: float, **env: str) -> Iterator[tuple[Service, list[str]]]:
    """A worker with two places, held by two mails, and a third job that waits behind them."""
    with t.extra_worker(**PATIENT_WORKER, **env) as worker:
        jobs = []
        for number in range(3):
            email = t.email("stopped")
            t.smtp.tarpit(email, seconds=seconds)
            body = {"email": email, "name": "Jo", "password": t.password()}
            user = t.api.post("/v1/users", json=body).require(201).json
            jobs.append(jobs_of(t, user["id"])[0].id)
            if number == 1:
                t.eventually(
                    lambda: {job(t, one).status for one in jobs} == {"running"},
                    timeout=5,
                    interval=0.02,
                    expected="two jobs running",
                    did=f"sink tarpits after DATA for {seconds:g} s",
                )
        yield worker, jobs


def ended(t: Target, worker: Service, within: float, did: str) -> None:
    worker.signal(signal.SIGTERM)
    told = time.monotonic()
    code = worker.wait_exit(within + 5)
    t.within(time.monotonic() - told, 0, within, did=f"{did}; timed the exit, in s")
    t.equal(code, 0, did=f"{did}; read the exit code")


@check("SHUT-04", "a job that fits is finished, none is begun", services=("api",),
       faults=["WORKER"])  # fmt: skip
def short_job_is_finished(t: Target) -> None:
    with worker_in_a_job(t, 3) as (worker, jobs):
        did = "SIGTERM to a worker in two jobs of 3 s, SHUTDOWN_TIMEOUT=25"
        ended(t, worker, 10, did)
        rows = [job(t, one) for one in jobs]
        t.equal(
            [(row.status, row.attempts) for row in rows],
            [("succeeded", 1), ("succeeded", 1), ("queued", 0)],
            did=f"{did}; read the rows of those two and of the one behind them",
        )
    ids = [f"<job-{one}@" for one in jobs[:2]]
    mails = [mail.message_id for mail in t.smtp.mails() if mail.message_id.startswith(tuple(ids))]
    t.equal(len(mails), 2, did=f"{did}; counted their mails")


@check("SHUT-04", "a job that does not fit goes back at once", services=("api",),
       faults=["WORKER"])  # fmt: skip
def long_job_goes_back(t: Target) -> None:
    with worker_in_a_job(t, 25, SHUTDOWN_TIMEOUT="2") as (worker, jobs):
        did = "SIGTERM to a worker in two jobs of 25 s, SHUTDOWN_TIMEOUT=2, JOB_LEASE=60"
        ended(t, worker, 5, did)
        rows = [job(t, one) for one in jobs]
        t.equal(
            [(row.status, row.attempts) for row in rows],
            [("queued", 0)] * 3,
            did=f"{did}; read the rows at once",
        )
        late = [row.run_at - time.time() for row in rows if row.run_at > time.time() + 0.5]
        t.equal(late, [], did=f"{did}; looked for jobs put off, in s")
    since = time.time()
    for row in rows:
        recipient = recipient_of(t, row.id)
        t.smtp.accept(recipient)
    with t.extra_worker():
        for one in jobs:
            reaches(t, one, "succeeded", 10, f"{did}; started another worker")
    again = [mail for mail in t.smtp.mails(since=since) if mail.acknowledged]
    counts = {one: sum(f"<job-{one}@" in mail.message_id for mail in again) for one in jobs}
    t.equal(counts, dict.fromkeys(jobs, 1), did=f"{did}; counted the mails of the other worker")


def recipient_of(t: Target, job_id: str) -> str:
    return str(
        t.sql.value(
            "SELECT u.email FROM users u JOIN jobs j ON j.user_id = u.id"
            " OR j.payload::text LIKE '%%' || u.id::text || '%%' WHERE j.id = %s::uuid",
            job_id,
        )
    )
