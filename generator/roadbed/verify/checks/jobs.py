"""JOBS: a job is a row, and no fault of mail, worker or process loses or doubles it."""

from __future__ import annotations

import re
import time
import uuid
from collections.abc import Iterator
from functools import partial
from typing import Any

from roadbed.verify.check import check
from roadbed.verify.checks.tools import scrape, side_by_side, timed
from roadbed.verify.client import Response
from roadbed.verify.jobs import (
    CAP,
    JOBS,
    LEASE,
    NO_WORKER,
    arrives,
    job,
    jobs_of,
    mail_job,
    reaches,
    sign_up,
    signed_up,
)
from roadbed.verify.target import Target

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
