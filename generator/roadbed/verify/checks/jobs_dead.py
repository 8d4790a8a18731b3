"""JOBS-08, -09, -10, -13: retries, and what becomes of a job that keeps failing."""

from __future__ import annotations

import time
import uuid
from collections.abc import Sequence
from itertools import pairwise

from roadbed.verify.check import check
from roadbed.verify.checks.tools import scrape
from roadbed.verify.jobs import (
    BASE,
    CAP,
    JOBS,
    arrives,
    job,
    jobs_of,
    mail_job,
    reaches,
    signed_up,
)
from roadbed.verify.target import Target

# -- JOBS-08: backoff -------------------------------------------------------------------------


@check("JOBS-08", "retries wait exponentially, capped, with jitter", env=JOBS)
def retries_back_off(t: Target) -> None:
    emails = [t.email("backoff") for _ in range(8)]
    for email in emails:
        t.smtp.refuse(email)
    jobs = [mail_job(t, signed_up(t, email, within=5)) for email in emails]
    planned = planned_runs(t, jobs, attempts=6, timeout=60)
    factors: list[float] = []
    for email, job_id in zip(emails, jobs, strict=True):
        tries = [attempt.at for attempt in t.smtp.attempts(email)][:6]
        for n, (before, after) in enumerate(pairwise(tries), 1):
            nominal = min(BASE * 2 ** (n - 1), CAP)
            did = f"sink answered 451; attempt {n + 1} (nominal delay {nominal:g} s)"
            low, high = 0.5 * nominal - 0.05, 1.5 * nominal + 0.5
            t.within(after - before, low, high + 1.0, did=f"{did}; measured its delay, in s")
            if (job_id, n) in planned:
                delay = planned[job_id, n] - before
                t.within(delay, low, high, did=f"{did}; read run_at, in s after the failure")
                factors += [delay / nominal] if n >= 3 else []
    t.expect(
        len(factors) >= 16,
        did="read run_at after each failed attempt",
        expected="at least 16 of 24 seen",
        saw=len(factors),
    )
    t.within(min(factors), 0.45, 0.9, did=f"smallest delay ÷ nominal, of {len(factors)}")
    t.within(max(factors), 1.1, 1.8, did=f"largest delay ÷ nominal, of {len(factors)}")
    for email in emails:
        t.smtp.accept(email)


def planned_runs(
    t: Target, jobs: Sequence[str], *, attempts: int, timeout: float
) -> dict[tuple[str, int], float]:
    """`run_at` (epoch seconds) as it stood after attempt n of each job: polling left out."""
    planned: dict[tuple[str, int], float] = {}

    def all_tried() -> bool:
        rows = [job(t, job_id) for job_id in jobs]
        for row in rows:
            if row.status == "queued" and row.attempts:
                planned[row.id, row.attempts] = row.run_at
        return all(row.attempts >= attempts for row in rows)

    t.eventually(
        all_tried,
        timeout=timeout,
        expected=f"{attempts} attempts of each job",
        did="sink answered 451",
        saw=lambda: [job(t, job_id) for job_id in jobs],
    )
    return planned


# -- JOBS-09, -10, -13: the dead --------------------------------------------------------------


def dead_mail_job(t: Target, email: str) -> str:
    """A sign-up mail that failed three times (JOB_MAX_ATTEMPTS=3 at the API that enqueued it)."""
    t.smtp.refuse(email)
    with t.extra_api(JOB_MAX_ATTEMPTS="3") as service:
        body = {"email": email, "name": "Jo", "password": t.password()}
        user = t.of(service).post("/v1/users", json=body).require(201).json
    job_id = mail_job(t, user["id"])
    reaches(t, job_id, "dead", 20, "sink answered 451, JOB_MAX_ATTEMPTS=3")
    return job_id


@check("JOBS-09", "after the last attempt a job is dead, and says so", env=JOBS)
def last_attempt(t: Target) -> None:
    email, since = t.email("hopeless"), time.time()
    before = scrape(t, t.admin("worker"))
    job_id = dead_mail_job(t, email)
    row = job(t, job_id)
    t.equal(row.attempts, 3, did="sink answered 451, JOB_MAX_ATTEMPTS=3; read attempts")
    t.expect(row.last_error, did="read last_error of a dead job", expected="text", saw="nothing")
    t.expect(row.finished_at, did="read finished_at of a dead job", expected="a time", saw=None)
    t.equal(len(t.smtp.attempts(email)), 3, did="counted the deliveries tried")
    t.smtp.accept(email)
    t.never(
        lambda: t.smtp.mails(email) or job(t, job_id).status != "dead",
        seconds=1.5 * CAP + 1.5,
        expected="no further attempt",
        did="let the sink accept again and watched",
    )
    t.eventually(
        lambda: scrape(t, t.admin("worker")).total("jobs_dead") >= 1 + before.total("jobs_dead"),
        timeout=5,
        expected="jobs_dead grown by 1",
        did="read jobs_dead of the worker",
    )
    grown = scrape(t, t.admin("worker")).since(before)
    for outcome, least in (("retried", 2), ("dead", 1)):
        t.expect(
            grown.total("jobs_processed_total", outcome=outcome, job_type=row.type) >= least,
            did="read jobs_processed_total",
            expected=f"outcome={outcome!r} of {row.type} grown by at least {least}",
            saw=grown.select("jobs_processed_total"),
        )
    t.eventually(
        lambda: [
            line
            for line in t.logs("worker", since)
            if (line.record or {}).get("level") == "error" and job_id in line.text
        ],
        timeout=5,
        expected="an `error` line that names the job",
        did="read the worker's log",
    )


@check("JOBS-10", "jobs-retry puts a dead job back, and only a dead one", env=JOBS)
def dead_job_is_put_back(t: Target) -> None:
    email = t.email("revived")
    job_id = dead_mail_job(t, email)
    t.smtp.accept(email)
    outcome = t.ctl.run(f"jobs-retry {job_id}")
    t.equal(outcome.code, 0, did=f"make jobs-retry ID={job_id}\n{outcome.text}")
    row = reaches(t, job_id, "succeeded", 10, "put the dead job back with the sink up")
    t.equal(row.attempts, 1, did="read attempts: they start again at 0")
    arrives(t, email, 5, "put the dead job back with the sink up")

    running = t.user("twin")
    export = running.post("/v1/exports").require(202).json["id"]
    reaches(t, export, "succeeded", 10, "asked for an export")
    t.sql.execute("UPDATE jobs SET status = 'dead' WHERE id = %s::uuid", export)
    t.sql.execute(
        "INSERT INTO jobs (id, type, payload, user_id, dedupe_key, max_attempts, run_at)"
        " SELECT %s::uuid, type, payload, user_id, dedupe_key, 3, now() + interval '1 hour'"
        " FROM jobs WHERE id = %s::uuid",
        str(uuid.uuid4()),
        export,
    )
    for what, bad in {
        "an unknown id": str(uuid.uuid4()),
        "a succeeded job": job_id,
        "no UUID": "17",
        "a dead export whose twin is active": export,
    }.items():
        outcome = t.ctl.run(f"jobs-retry {bad}")
        t.expect(
            outcome.code not in (0, None),
            did=f"make jobs-retry with {what}",
            expected="exit ≠ 0",
            saw=f"exit {outcome.code}: {outcome.text}",
        )
    t.equal(job(t, job_id).status, "succeeded", did="read the job that was not dead")
    t.equal(job(t, export).status, "dead", did="read the dead export")


@check("JOBS-13", "poison jobs die, the worker lives", env=JOBS)
def poison_dies(t: Target) -> None:
    first = jobs_of(t, t.user("donor").id)[0]
    unknown = insert_job(t, "no_such_type", "{}")
    unreadable = [
        insert_job(t, first.type, payload)
        for payload in ("[1, 2]", '"text"', '{"user_id": {"a": [17]}}', '{"user_id": "x\'y"}')
    ]
    reaches(t, unknown, "dead", 15, "put in a job of an unknown type by SQL (max_attempts 2)")
    t.eventually(
        lambda: {job(t, one).status for one in unreadable} <= {"dead", "succeeded"},
        timeout=15,
        expected="all dead (or done, if the handler needs nothing of the payload)",
        did="put in jobs with unreadable payloads by SQL (max_attempts 2)",
        saw=lambda: [job(t, one) for one in unreadable],
    )
    email = t.email("behind")
    signed_up(t, email)
    arrives(t, email, 10, "signed up behind the poison jobs")


@check("JOBS-13", "a handler that crashes ends dead, jobs behind it run", env=JOBS, faults=["PG"])
def crash_dies(t: Target) -> None:
    user = t.user("crasher")
    before = t.ctl.pid("worker")
    with t.extra_api(JOB_MAX_ATTEMPTS="2") as service:
        t.sql.execute("ALTER TABLE posts RENAME TO posts_away")
        try:
            export = user.post("/v1/exports", client=t.of(service)).require(202).json["id"]
            reaches(t, export, "dead", 15, "export with `posts` renamed, JOB_MAX_ATTEMPTS=2")
            email = t.email("behind")
            signed_up(t, email)
            arrives(t, email, 10, "signed up behind the crashing job")
        finally:
            t.sql.execute("ALTER TABLE posts_away RENAME TO posts")
    exhausted = insert_job(t, "no_such_type", "{}", attempts=2)
    reaches(t, exhausted, "dead", 10, "put in a job whose attempts are used up")
    t.equal(t.ctl.pid("worker"), before, did="compared the worker's process id")


def insert_job(t: Target, kind: str, payload: str, *, attempts: int = 0) -> str:
    """Puts a job in by SQL with max_attempts 2; its id."""
    job_id = str(uuid.uuid4())
    t.sql.execute(
        "INSERT INTO jobs (id, type, payload, attempts, max_attempts)"
        " VALUES (%s::uuid, %s, %s::jsonb, %s, 2)",
        job_id,
        kind,
        payload,
        attempts,
    )
    return job_id
