"""Jobs as the suite sees them: in the table, and in the mails that they send."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from roadbed.verify.checks.tools import timed
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
