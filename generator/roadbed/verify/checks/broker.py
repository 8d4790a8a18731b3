"""JOBS-05: a broker may stop, hang, come back empty or repeat itself; the rows are the truth."""

from __future__ import annotations

import time

from roadbed.verify.check import check
from roadbed.verify.jobs import arrives, job, mail_job, reaches, signed_up
from roadbed.verify.target import Target

BACK_WITHIN = 30
# One place in the worker: what it does not run waits in the broker.
ONE_AT_A_TIME = {
    "WORKER_CONCURRENCY": "1",
    "JOB_TIMEOUT": "50",
    "JOB_LEASE": "80",
    "JOB_BACKOFF_BASE": "1",
    "JOB_BACKOFF_MAX": "3",
}
HELD = 12.0


@check("JOBS-05", "broker stopped: sign-up answers, the mail comes when it is back",
       env=ONE_AT_A_TIME, faults=["BROKER"])  # fmt: skip
def broker_stopped(t: Target) -> None:
    t.ctl.stop("broker")
    emails = [t.email("away") for _ in range(3)]
    for email in emails:
        signed_up(t, email)
    t.never(
        lambda: any(t.smtp.mails(email) for email in emails),
        seconds=6,
        expected="no mail without a broker",
        did="stopped the broker and signed up",
    )
    t.ctl.start("broker")
    for email in emails:
        arrives(t, email, BACK_WITHIN, "broker stopped, signed up, broker started")


@check("JOBS-05", "broker hangs: sign-up answers, the mail comes when it is back",
       env=ONE_AT_A_TIME, faults=["BROKER"])  # fmt: skip
def broker_paused(t: Target) -> None:
    t.ctl.pause("broker")
    email = t.email("hung")
    signed_up(t, email)
    time.sleep(6)
    t.ctl.unpause("broker")
    arrives(t, email, BACK_WITHIN, "broker paused, signed up, broker unpaused")


@check("JOBS-05", "a broker that comes back empty has lost no job", env=ONE_AT_A_TIME,
       faults=["BROKER"])  # fmt: skip
def broker_wiped(t: Target) -> None:
    jobs = waiting_in_the_broker(t)
    t.ctl.wipe("broker")
    for email in jobs:
        arrives(t, email, HELD + BACK_WITHIN, "broker stopped and wiped with jobs waiting in it")
    for job_id in jobs.values():
        reaches(t, job_id, "succeeded", 5, "broker stopped and wiped with jobs waiting in it")
    ran_once(t, jobs, "broker stopped and wiped with jobs waiting in it")


@check("JOBS-05", "a message that is delivered again runs nothing", env=ONE_AT_A_TIME,
       faults=["BROKER", "WORKER"])  # fmt: skip
def messages_come_again(t: Target) -> None:
    jobs = waiting_in_the_broker(t)
    t.ctl.back_up("broker")
    for email in jobs:
        arrives(t, email, HELD + BACK_WITHIN, "backed the broker up with jobs waiting in it")
    for job_id in jobs.values():
        reaches(t, job_id, "succeeded", 5, "backed the broker up with jobs waiting in it")
    did = "jobs finished; brought the broker back as it was before, and a new worker"
    t.ctl.stop("worker")
    t.ctl.roll_back("broker")
    t.ctl.start("worker")
    new = t.email("new")
    signed_up(t, new)
    arrives(t, new, BACK_WITHIN, did)
    ran_once(t, jobs, did)


def waiting_in_the_broker(t: Target) -> dict[str, str]:
    """Jobs by email: the first is being run for a while, the others wait behind it."""
    emails = [t.email("waiting") for _ in range(4)]
    t.smtp.tarpit(emails[0], seconds=HELD)
    jobs = {emails[0]: mail_job(t, signed_up(t, emails[0]))}
    reaches(t, jobs[emails[0]], "running", 10, "signed up, the sink tarpits after DATA")
    for email in emails[1:]:
        jobs[email] = mail_job(t, signed_up(t, email))
    time.sleep(3)  # long enough for every message to be on its way
    t.equal(
        {job(t, jobs[email]).status for email in emails[1:]},
        {"queued"},
        did="signed up three times while the worker's only place is taken",
    )
    return jobs


def ran_once(t: Target, jobs: dict[str, str], did: str) -> None:
    for email, job_id in jobs.items():
        mails = [mail for mail in t.smtp.mails(email) if mail.acknowledged]
        t.equal(len(mails), 1, did=f"{did}; counted the mails of one job")
        row = job(t, job_id)
        t.equal(
            (row.status, row.attempts), ("succeeded", 1), did=f"{did}; read the row of that job"
        )
