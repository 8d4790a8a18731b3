"""JOBS: a job is a row, and no fault of mail, worker or process loses or doubles it."""

from __future__ import annotations

import re
import time
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from itertools import pairwise
from typing import Any

from roadbed.verify.check import check
from roadbed.verify.checks.tools import scrape, side_by_side, timed
from roadbed.verify.client import Response
from roadbed.verify.fakes.mail import Mail
from roadbed.verify.target import Target

BASE, CAP = 0.4, 4.0
JOBS = {
    "JOB_BACKOFF_BASE": f"{BASE:g}",
    "JOB_BACKOFF_MAX": f"{CAP:g}",
    "JOB_MAX_ATTEMPTS": "15",
    "JOB_TIMEOUT": "3",
    "JOB_LEASE": "4",
    "JOB_RETENTION": "600",
}
LEASE = 4
NO_WORKER = ("api", "api2")


@dataclass(frozen=True)
class Row:
    """A row of `jobs`, as far as a check looks at it."""

    id: str
    type: str
    status: str
    attempts: int
    run_at: float
    last_error: str | None
    finished_at: datetime | None


_ROW = (
    "id::text, type, status, attempts, extract(epoch FROM run_at)::float8 AS run_at,"
    " last_error, finished_at"
)


def jobs_of(t: Target, user_id: str) -> list[Row]:
    """The user's jobs, oldest first; a job may name its user in the column or in the payload."""
    rows = t.sql.query(
        f"SELECT {_ROW} FROM jobs WHERE user_id = %s::uuid OR payload::text LIKE '%%' || %s || '%%'"
        " ORDER BY created_at, id",
        user_id,
        user_id,
    )
    return [Row(*row.values()) for row in rows]


def job(t: Target, job_id: str) -> Row:
    return Row(*t.sql.one(f"SELECT {_ROW} FROM jobs WHERE id = %s::uuid", job_id).values())


def sign_up(t: Target, email: str, **headers: str) -> Response:
    """POST /v1/users; the answer as it is."""
    body = {"email": email, "name": "Jo", "password": t.password()}
    return t.api.post("/v1/users", json=body, headers=headers)


def signed_up(t: Target, email: str, within: float = 2.0, **headers: str) -> str:
    """Signs up, which must answer 201 in time; the user's id."""
    seconds, answer = timed(lambda: sign_up(t, email, **headers))
    t.equal(answer.status, 201, did="POST /v1/users")
    t.within(seconds, 0, within, did="POST /v1/users; timed the answer")
    return str(answer.json["id"])


def mail_job(t: Target, user_id: str) -> str:
    """The id of the job that a sign-up caused."""
    rows = jobs_of(t, user_id)
    t.equal(len(rows), 1, did="signed up and looked for the job in `jobs`")
    return rows[0].id


def reaches(t: Target, job_id: str, status: str, timeout: float, did: str) -> Row:
    return t.eventually(
        lambda: row if (row := job(t, job_id)).status == status else None,
        timeout=timeout,
        expected=f"status {status}",
        did=did,
        saw=lambda: job(t, job_id),
    )


def arrives(t: Target, email: str, timeout: float, did: str) -> Mail:
    mails = t.smtp.wait(email, timeout=timeout, matching=lambda mail: mail.acknowledged)
    t.expect(mails, did=did, expected=f"the mail within {timeout:g} s", saw="no mail")
    return mails[0]


# -- JOBS-01, -02: the API --------------------------------------------------------------------


@check("JOBS-01", "one active export, however often it is asked for", env=JOBS, services=NO_WORKER)
def one_active_export(t: Target) -> None:
    user = t.user("exporter")
    first = user.post("/v1/exports")
    t.equal(first.status, 202, did="POST /v1/exports")
    t.equal(
        first.header("location"),
        f"/v1/jobs/{first.json['id']}",
        did="POST /v1/exports; read Location",
    )
    t.equal(first.json["status"], "queued", did="POST /v1/exports with the worker stopped")
    second = user.post("/v1/exports")
    t.equal(
        (second.status, second.json["id"], second.header("location")),
        (202, first.json["id"], first.header("location")),
        did="POST /v1/exports again",
    )
    racer = t.user("racer")
    for _ in range(3):
        answers = t.race(
            [partial(racer.post, "/v1/exports", client=(t.api, t.api2)[i % 2]) for i in range(10)]
        )
        t.equal({answer.status for answer in answers}, {202}, did="10 parallel POST /v1/exports")
        ids = {answer.json["id"] for answer in answers}
        t.equal(len(ids), 1, did="10 parallel POST /v1/exports over two instances; counted jobs")
    exports = [row for row in jobs_of(t, racer.id) if row.type == first.json["type"]]
    t.equal(len(exports), 1, did="30 parallel POST /v1/exports; counted rows of `jobs`")


@check("JOBS-02", "an export succeeds, and is its owner's business only", env=JOBS)
def export_succeeds(t: Target) -> None:
    owner, other = t.user("owner"), t.user("other")
    for number in range(3):
        owner.post("/v1/posts", json={"title": f"Post {number}", "body": "Body"}).require(201)
    path = owner.post("/v1/exports").require(202).header("location") or ""
    answer = t.eventually(
        lambda: succeeded(owner.get(path)),
        timeout=5,
        expected="succeeded within 5 s",
        did="asked for an export",
        saw=lambda: str(owner.get(path)),
    )
    members = {
        "id", "type", "status", "attempts", "created_at", "finished_at", "result", "error",
    }  # fmt: skip
    t.equal(set(answer.json), members, did=f"GET {path}")
    t.equal(answer.json["result"], {"post_count": 3}, did=f"GET {path} with three posts")
    t.equal(answer.json["error"], None, did=f"GET {path}")
    t.expect(answer.json["finished_at"], did=f"GET {path}", expected="a time", saw="null")
    for who, seen in (
        ("another user's job", other.get(path)),
        ("no such job", owner.get(f"/v1/jobs/{uuid.uuid4()}")),
    ):
        t.equal((seen.status, seen.code), (404, "not_found"), did=f"GET {who}")
    t.equal(t.api.get(path).status, 401, did=f"GET {path} without a credential")

    clue = "Traceback " + t.token()
    t.sql.execute(
        "UPDATE jobs SET status = 'dead', last_error = %s, result = NULL,"
        " payload = payload || jsonb_build_object('clue', %s::text) WHERE id = %s::uuid",
        clue,
        clue,
        answer.json["id"],
    )
    seen = owner.get(path)
    t.equal(seen.json["status"], "dead", did=f"GET {path} of a job set dead by SQL")
    t.expect(
        clue not in seen.body.decode() and isinstance(seen.json["error"], str),
        did=f"GET {path} of a dead job whose last_error and payload hold a clue",
        expected="`error` a fixed sentence; neither exception nor payload",
        saw=str(seen),
    )


def succeeded(answer: Response) -> Response | None:
    return answer if answer.json["status"] == "succeeded" else None


# -- JOBS-03: atomic --------------------------------------------------------------------------


@check("JOBS-03", "row and job are one commit", env=JOBS, services=NO_WORKER, faults=["PG"])
def row_and_job_are_one(t: Target) -> None:
    email = t.email("atomic")
    user_id = signed_up(t, email)
    count = t.sql.value("SELECT count(*) FROM jobs")
    refusals = {
        "a taken email": ({"email": email.upper(), "name": "X", "password": t.password()}, 409),
        "a short password": ({"email": t.email("no"), "name": "X", "password": "short"}, 422),
        "no name": ({"email": t.email("no"), "password": t.password()}, 422),
    }
    for what, (body, status) in refusals.items():
        t.equal(t.api.post("/v1/users", json=body).status, status, did=f"sign-up with {what}")
    t.equal(t.sql.value("SELECT count(*) FROM jobs"), count, did="refused sign-ups; counted `jobs`")
    t.equal(len(jobs_of(t, user_id)), 1, did="refused a taken email; counted the first one's jobs")

    lost = t.email("lost")
    t.sql.execute("ALTER TABLE jobs RENAME TO jobs_away")
    try:
        answer = sign_up(t, lost)
    finally:
        t.sql.execute("ALTER TABLE jobs_away RENAME TO jobs")
    t.within(answer.status, 500, 599, did="sign-up with `jobs` renamed; read the status")
    rows = t.sql.value("SELECT count(*) FROM users WHERE email = %s", lost)
    t.equal(rows, 0, did="sign-up with `jobs` renamed; counted users")
    t.equal(sign_up(t, lost).status, 201, did="the same sign-up with `jobs` back")

    t.ctl.start("worker")
    arrives(t, email, 10, "started the worker")
    arrives(t, lost, 10, "started the worker")
    for refused in (body["email"] for body, status in refusals.values() if status == 422):
        t.equal(t.smtp.mails(refused), [], did="looked for mails of refused sign-ups")
    t.equal(len(t.smtp.mails(email)), 1, did="looked for mails to the taken address")


# -- JOBS-04, -06, -07: faults ----------------------------------------------------------------


@check("JOBS-04", "mail server down: sign-up answers, the mail comes later", env=JOBS,
       faults=["SMTP"])  # fmt: skip
def mail_server_down(t: Target) -> None:
    t.smtp.down()
    went_down = time.monotonic()
    # The best of three: a busy machine may be slow once, a sign-up that waits for mail always is.
    fastest, answer = min(
        (timed(lambda: sign_up(t, t.email("patient"))) for _ in range(3)), key=lambda pair: pair[0]
    )
    t.equal(answer.status, 201, did="POST /v1/users with the mail server down")
    t.within(fastest, 0, 2, did="mail server down; timed three sign-ups and took the fastest, in s")
    email = t.email("patient")
    job_id = mail_job(t, signed_up(t, email, within=10))
    t.eventually(
        lambda: job(t, job_id).attempts >= 2,
        timeout=10,
        expected="at least two attempts while the server is down",
        did="signed up with the mail server down",
        saw=lambda: job(t, job_id),
    )
    t.never(
        lambda: job(t, job_id).status in ("dead", "succeeded"),
        seconds=went_down + 10 - time.monotonic(),
        expected="still waiting or trying",
        did="kept the mail server down for 10 s",
    )
    t.smtp.up()
    arrives(t, email, 1.5 * CAP + 3, "mail server up again, no further request")
    reaches(t, job_id, "succeeded", 5, "mail server up again")


@check("JOBS-06", "worker stopped during sign-up: the mail comes when it is back", env=JOBS,
       services=NO_WORKER, faults=["WORKER"])  # fmt: skip
def worker_away(t: Target) -> None:
    email = t.email("early")
    job_id = mail_job(t, signed_up(t, email))
    t.equal(job(t, job_id).status, "queued", did="signed up with no worker")
    t.ctl.start("worker")
    arrives(t, email, 10, "started the worker")
    reaches(t, job_id, "succeeded", 5, "started the worker")


@check("JOBS-06", "kill -9 mid-job, at three points: each runs again", env=JOBS,
       faults=["WORKER", "PG"])  # fmt: skip
def killed_mid_job(t: Target) -> None:
    before_data, after_data = t.email("before"), t.email("after")
    t.smtp.tarpit(before_data, at="rcpt")
    t.smtp.tarpit(after_data, at="data")
    exporter = t.user("exporter")
    with t.sql.connect() as held:
        held.execute("LOCK TABLE posts IN ACCESS EXCLUSIVE MODE")
        mailed = [mail_job(t, signed_up(t, email)) for email in (before_data, after_data)]
        killed = [*mailed, str(exporter.post("/v1/exports").require(202).json["id"])]
        t.eventually(
            lambda: (
                {job(t, one).status for one in killed} == {"running"} and t.smtp.mails(after_data)
            ),
            timeout=3,
            interval=0.02,
            expected="all three running, one message handed over",
            did="tarpit at RCPT, tarpit after DATA, export with `posts` locked",
            saw=lambda: [job(t, one) for one in killed],
        )
        t.ctl.kill("worker")
        at_kill = time.time()
    for email in (before_data, after_data):
        t.smtp.accept(email)
    t.equal(
        {(row.status, row.attempts) for row in (job(t, one) for one in killed)},
        {("running", 1)},
        did="killed the worker with -9; read the three rows",
    )
    t.ctl.start("worker")
    for job_id in killed:
        row = reaches(t, job_id, "succeeded", LEASE + 8, "kill -9 mid-job, then a new worker")
        t.expect(row.attempts >= 2, did="read attempts", expected=">= 2", saw=row.attempts)
    for email in (before_data, after_data):
        again = [mail for mail in t.smtp.mails(email, since=at_kill) if mail.acknowledged]
        t.equal(len(again), 1, did="counted the mails that came after the kill")
    left = t.sql.value(
        "SELECT count(*) FROM jobs WHERE status = 'running' AND locked_until < now()"
    )
    t.equal(left, 0, did="counted jobs left `running` past their lease")


@check("JOBS-07", "a repeat carries the same Message-ID", env=JOBS, faults=["WORKER"])
def repeats_are_recognisable(t: Target) -> None:
    email = t.email("repeat")
    t.smtp.tarpit(email, at="data")
    job_id = mail_job(t, signed_up(t, email))
    did = "kill -9 after the sink accepted, before the worker could commit"
    t.expect(t.smtp.wait(email, timeout=5), did=did, expected="a first mail", saw="none")
    t.ctl.kill("worker")
    t.smtp.accept(email)
    t.ctl.start("worker")
    mails = t.smtp.wait(email, count=2, timeout=LEASE + 8)
    t.equal(len(mails), 2, did=f"{did}; counted the mails")
    ids = {mail.message_id for mail in mails}
    t.equal(len(ids), 1, did=f"{did}; compared Message-ID")
    t.expect(
        re.fullmatch(rf"<job-{job_id}@[^<>@\s]+>", mails[0].message_id),
        did=did,
        expected=f"Message-ID <job-{job_id}@…>",
        saw=mails[0].message_id,
    )


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


# -- JOBS-11, -12 -----------------------------------------------------------------------------


@check("JOBS-11", "two workers, 200 sign-ups, 200 mails", env=JOBS,
       services=("api", "api2", "worker", "worker2"), alone=True)  # fmt: skip
def two_workers_share(t: Target) -> None:
    workers = ("worker", "worker2")
    before = {name: scrape(t, t.admin(name)) for name in workers}
    emails = [t.email("many") for _ in range(200)]
    for email in emails:  # a delivery takes a moment, so that neither worker drains all at once
        t.smtp.tarpit(email, seconds=0.1)

    def sign_all(share: list[str]) -> list[int]:
        return [sign_up(t, email).status for email in share]

    statuses = side_by_side(*(partial(sign_all, emails[i::4]) for i in range(4)))
    t.equal({status for share in statuses for status in share}, {201}, did="200 sign-ups")

    def count() -> int:
        return sum(bool(t.smtp.mails(email)) for email in emails)

    t.eventually(
        lambda: count() == 200, timeout=30, expected="200 mails", did="200 sign-ups", saw=count
    )
    time.sleep(1.5)  # a duplicate would be on its way
    mails = [mail for email in emails for mail in t.smtp.mails(email)]
    t.equal(len(mails), 200, did="200 sign-ups; counted the mails")
    t.equal(len({mail.message_id for mail in mails}), 200, did="counted different Message-IDs")
    took = {
        name: scrape(t, t.admin(name))
        .since(before[name])
        .total("jobs_processed_total", outcome="succeeded")
        for name in workers
    }
    t.expect(
        min(took.values()) >= 1 and sum(took.values()) >= 200,
        did="read jobs_processed_total of both workers",
        expected="both took some, 200 in all",
        saw=took,
    )


@check("JOBS-12", "payloads hold ids, not secrets and not mails", env=JOBS)
def payloads_hold_ids(t: Target) -> None:
    user = t.user("discreet")
    verify = arrives(t, user.email, 10, "signed up")
    since = time.time()
    for email in (user.email, t.email("unknown")):
        t.api.post("/v1/auth/password/forgot", json={"email": email}).require(202)
    resets = t.smtp.wait(user.email, since=since, timeout=10)
    t.expect(resets, did="asked for a reset mail", expected="a mail", saw="none")
    tokens = [verify.token, resets[0].token]
    t.expect(all(tokens), did="read the links of both mails", expected="tokens", saw=verify.text)
    rows = t.sql.query("SELECT row_to_json(jobs)::text AS text, payload FROM jobs")
    t.expect(rows, did="dumped `jobs`", expected="rows", saw="none")
    forbidden = [*tokens, user.email, user.password, "http://", "https://"]
    for text, payload in (row.values() for row in rows):
        for word in forbidden:
            t.expect(
                word not in text,
                did="dumped `jobs` after sign-up and forgot",
                expected="no token, address, password or link in any row",
                saw=text,
            )
        long = [leaf for leaf in leaves(payload) if isinstance(leaf, str) and len(leaf) > 128]
        t.equal(long, [], did="looked for texts over 128 characters in job payloads")
    hashed = t.sql.value(
        "SELECT count(*) FROM email_tokens WHERE token_hash = sha256(convert_to(%s, 'UTF8'))",
        tokens[1],
    )
    t.equal(hashed, 1, did="looked for the SHA-256 of the mailed reset token in email_tokens")


def leaves(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        for inner in value.values():
            yield from leaves(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from leaves(inner)
    else:
        yield value
