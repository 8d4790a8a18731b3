"""What each job does."""

from __future__ import annotations

from typing import Any, NamedTuple
from uuid import UUID

from app import mail
from app.jobs import purge, types
from app.jobs.deadline import Deadline
from app.jobs.registry import HopelessJob, Registry, Resources
from app.jobs.store import ClaimedJob
from app.security.opaque import hash_token, new_token

# The lock keeps the user from being deleted before the token that refers to it is there.
EMAIL_OF_USER = "SELECT email FROM users WHERE id = %s FOR KEY SHARE"

STORE_HASH = """
INSERT INTO email_tokens (token_hash, user_id, purpose, expires_at)
VALUES (%s, %s, %s, now() + make_interval(secs => %s))
"""


class Letter(NamedTuple):
    """A mail around a link; `purpose` and `path` are of the token in it."""

    purpose: str
    path: str
    subject: str
    text: str


VERIFY_EMAIL = Letter(
    "verify_email",
    "/verify-email",
    "Confirm your email address",
    """Welcome!

Please confirm your email address by opening this link:

{link}

If you did not sign up, you can ignore this message.
""",
)

RESET_PASSWORD = Letter(
    "reset_password",
    "/reset-password",
    "Choose a new password",
    """Somebody, hopefully you, asked for a new password.

Choose one by opening this link:

{link}

If it was not you, you can ignore this message: your password has not changed.
""",
)


def send_verification_email(job: ClaimedJob, resources: Resources, deadline: Deadline) -> None:
    _send_letter(VERIFY_EMAIL, resources.settings.verify_token_ttl, job, resources, deadline)


def send_password_reset(job: ClaimedJob, resources: Resources, deadline: Deadline) -> None:
    if job.user_id is None:
        # Enqueued for an unknown address as for a known one, so that both requests take as long.
        return
    _send_letter(RESET_PASSWORD, resources.settings.reset_token_ttl, job, resources, deadline)


def export_posts(
    job: ClaimedJob, resources: Resources, _deadline: Deadline
) -> dict[str, Any] | None:
    return resources.database.one(
        "SELECT count(*) AS post_count FROM posts WHERE author_id = %s", (_owner(job),)
    )


def purge_expired(
    _job: ClaimedJob, resources: Resources, deadline: Deadline
) -> dict[str, Any] | None:
    deleted = purge.purge(resources.database, resources.settings.job_retention, deadline)
    return {"deleted": deleted}


HANDLERS: Registry = {
    types.SEND_VERIFICATION_EMAIL: send_verification_email,
    types.SEND_PASSWORD_RESET: send_password_reset,
    types.EXPORT_POSTS: export_posts,
    types.PURGE_EXPIRED: purge_expired,
}


def _owner(job: ClaimedJob) -> UUID:
    if job.user_id is None:
        raise HopelessJob("the job names no user")
    return job.user_id


def _send_letter(
    letter: Letter, ttl: int, job: ClaimedJob, resources: Resources, deadline: Deadline
) -> None:
    """Make a token that lives for `ttl` seconds and mail the link that holds it.

    The token itself exists here and in the mail; the database only ever sees its hash.
    """
    settings, owner, token = resources.settings, _owner(job), new_token()
    with resources.database.transaction() as connection:
        user = connection.execute(EMAIL_OF_USER, (owner,)).fetchone()
        if user is None:
            return
        connection.execute(STORE_HASH, (hash_token(token), owner, letter.purpose, ttl))
    link = f"{settings.public_app_url.rstrip('/')}{letter.path}?token={token}"
    body = letter.text.format(link=link)
    message = mail.compose(settings, job.id, user["email"], letter.subject, body)
    mail.send(settings, message, user["email"], deadline)
