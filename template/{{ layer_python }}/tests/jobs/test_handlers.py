from __future__ import annotations

from uuid import UUID

from app.config import Settings
from app.jobs import types
from app.jobs.handlers import HANDLERS
from app.security.opaque import hash_token
from tests.mailbox import Mailbox, link_in, token_in
from tests.worker import AddJob, Connection, StartWorker, WaitFor


def test_the_verification_mail_carries_a_token_of_which_only_the_hash_is_kept(
    settings: Settings,
    start_worker: StartWorker,
    add_job: AddJob,
    mailbox: Mailbox,
    db: Connection,
    user_id: UUID,
) -> None:
    job_id = add_job(types.SEND_VERIFICATION_EMAIL, user_id)
    start_worker(settings, HANDLERS)
    mailbox.wait_for(1)

    [message] = mailbox.messages
    assert mailbox.recipients == [f"{user_id}@app.test"]
    assert message["Message-ID"] == f"<job-{job_id}@app.test>"
    assert link_in(message).startswith("https://app.test/verify-email?token=")
    row = db.execute("SELECT * FROM email_tokens").fetchone()
    assert row is not None
    assert row["token_hash"] == hash_token(token_in(message))
    assert row["purpose"] == "verify_email"


def test_a_reset_for_nobody_is_sent_nowhere(
    settings: Settings,
    start_worker: StartWorker,
    add_job: AddJob,
    wait_for: WaitFor,
    mailbox: Mailbox,
) -> None:
    job_id = add_job(types.SEND_PASSWORD_RESET, None)
    start_worker(settings, HANDLERS)

    wait_for(job_id, "succeeded")
    assert mailbox.messages == []


def test_a_mail_that_is_refused_is_sent_later(
    settings: Settings,
    start_worker: StartWorker,
    add_job: AddJob,
    wait_for: WaitFor,
    mailbox: Mailbox,
    user_id: UUID,
) -> None:
    mailbox.refuses = True
    job_id = add_job(types.SEND_PASSWORD_RESET, user_id, max_attempts=100)
    start_worker(settings, HANDLERS)
    wait_for(job_id, "running")
    wait_for(job_id, "queued")
    mailbox.refuses = False

    assert wait_for(job_id, "succeeded")["attempts"] > 1
    assert len(mailbox.messages) == 1


def test_an_export_counts_the_owners_posts(
    settings: Settings,
    start_worker: StartWorker,
    add_job: AddJob,
    wait_for: WaitFor,
    db: Connection,
    user_id: UUID,
) -> None:
    db.execute(
        "INSERT INTO posts (id, author_id, title, body)"
        " SELECT gen_random_uuid(), %s, 'title', 'body' FROM generate_series(1, 3)",
        (user_id,),
    )
    job_id = add_job(types.EXPORT_POSTS, user_id)
    start_worker(settings, HANDLERS)

    assert wait_for(job_id, "succeeded")["result"] == {"post_count": 3}
