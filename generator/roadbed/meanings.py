"""What each choice means inside each framework, for `roadbed options` and the documentation.

copier.yml says what can be chosen; this says what it becomes. A test holds that the two name
the same choices, so nothing is offered without a meaning and nothing means anything unoffered.
"""

from __future__ import annotations

from typing import NamedTuple


class Meaning(NamedTuple):
    """A choice of one question, inside one framework."""

    framework: str
    question: str
    choice: str


MEANINGS: dict[Meaning, str] = {
    Meaning("fastapi", "framework", "fastapi"): (
        "Python 3.11 or newer; asynchronous handlers, pydantic models, psycopg without an ORM, "
        "Alembic for plain-SQL migrations"
    ),
    Meaning("fastapi", "auth", "jwt"): (
        "HS256 access tokens by PyJWT, checked against the user's row; rotating refresh tokens "
        "in a __Host- cookie, stored as SHA-256; Argon2id passwords"
    ),
    Meaning("fastapi", "auth", "session"): (
        "opaque session ids in a __Host- cookie, kept in Redis as SHA-256 and checked against the "
        "user's row; Argon2id passwords"
    ),
    Meaning("fastapi", "social_login", "false"): "email and password only",
    Meaning("fastapi", "social_login", "true"): (
        "authorization code with PKCE over httpx; ID tokens are checked by PyJWT against the "
        "provider's published keys"
    ),
    Meaning("fastapi", "queue", "postgres"): (
        "jobs are rows written in the request's transaction; the worker looks for due ones "
        "twice a second and claims them with FOR UPDATE SKIP LOCKED"
    ),
    Meaning("fastapi", "queue", "redis"): (
        "Celery over a Redis of its own; the worker relays due rows as messages, a task claims "
        "its row by id and runs it"
    ),
    Meaning("fastapi", "queue", "rabbitmq"): (
        "Celery over a quorum queue with publisher confirms; the worker relays due rows as "
        "messages, a task claims its row by id and runs it"
    ),
    Meaning("fastapi", "queue", "kafka"): (
        "a confluent-kafka consumer group; the worker relays due rows as messages keyed by job "
        "id, offsets are committed after the work"
    ),
    Meaning("fastapi", "update_workflow", "false"): "updates are made by hand: roadbed update",
    Meaning("fastapi", "update_workflow", "true"): (
        ".github/workflows/update.yml: roadbed update in a runner, its plan as the text of a pull "
        "request; with GitHub's own token and actions only"
    ),
}


def meaning(framework: str, question: str, choice: str) -> str:
    """The sentence for one choice. Raises KeyError when nobody wrote it."""
    return MEANINGS[Meaning(framework, question, choice)]
