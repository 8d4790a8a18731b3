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


# What stands beside the service, whichever it is.
_BESIDE: dict[tuple[str, str], str] = {
    ("proxy", "caddy"): (
        "deploy/proxy/Caddyfile: a certificate of its own for localhost, Let's Encrypt's for a "
        "name; bodies and slow clients are bounded, requests are limited by the service"
    ),
    ("proxy", "nginx"): (
        "deploy/proxy/nginx.conf.template: your certificate, or one it signs itself; 50 requests "
        "a second and 50 connections for each address, before the service's own limits"
    ),
    ("deploy", "none"): (
        "the README says what any platform has to do; ci.yml runs on every push to main"
    ),
    ("deploy", "railway"): (
        "a railway.json for each of api and worker, with migrations and a health check before "
        "traffic; deploy.yml, docs/deploy.md"
    ),
    ("deploy", "render"): (
        "render.yaml: api, worker, PostgreSQL and Key Value, with migrations and a health check "
        "before traffic; deploy.yml, docs/deploy.md"
    ),
    ("deploy", "ecs"): (
        "task definitions that read their secrets from AWS; deploy.yml pushes the image, migrates "
        "and replaces tasks without a stored key; docs/deploy.md"
    ),
    ("update_workflow", "false"): "updates are made by hand: roadbed update",
    ("update_workflow", "true"): (
        ".github/workflows/update.yml: roadbed update in a runner, its plan as the text of a pull "
        "request; with GitHub's own token and actions only"
    ),
}

# What the languages' floors do, whichever framework stands on them.
_PYTHON: dict[tuple[str, str], str] = {
    ("auth", "jwt"): (
        "HS256 access tokens by PyJWT, checked against the user's row; rotating refresh tokens "
        "in a __Host- cookie, stored as SHA-256; Argon2id passwords"
    ),
    ("auth", "session"): (
        "opaque session ids in a __Host- cookie, kept in Redis as SHA-256 and checked against the "
        "user's row; Argon2id passwords"
    ),
    ("social_login", "false"): "email and password only",
    ("social_login", "true"): (
        "authorization code with PKCE over httpx; ID tokens are checked by PyJWT against the "
        "provider's published keys"
    ),
    ("queue", "postgres"): (
        "jobs are rows written in the request's transaction; the worker looks for due ones "
        "twice a second and claims them with FOR UPDATE SKIP LOCKED"
    ),
    ("queue", "redis"): (
        "Celery over a Redis of its own; the worker relays due rows as messages, a task claims "
        "its row by id and runs it"
    ),
    ("queue", "rabbitmq"): (
        "Celery over a quorum queue with publisher confirms; the worker relays due rows as "
        "messages, a task claims its row by id and runs it"
    ),
    ("queue", "kafka"): (
        "a confluent-kafka consumer group; the worker relays due rows as messages keyed by job "
        "id, offsets are committed after the work"
    ),
}

_NODE: dict[tuple[str, str], str] = {
    ("auth", "jwt"): (
        "HS256 access tokens by jose, checked against the user's row; rotating refresh tokens "
        "in a __Host- cookie, stored as SHA-256; Argon2id passwords"
    ),
    ("auth", "session"): _PYTHON["auth", "session"],
    ("social_login", "false"): _PYTHON["social_login", "false"],
    ("social_login", "true"): (
        "authorization code with PKCE over fetch; ID tokens are checked by jose against the "
        "provider's published keys"
    ),
    ("queue", "postgres"): _PYTHON["queue", "postgres"],
    ("queue", "redis"): (
        "BullMQ over a Redis of its own; the worker relays due rows as messages, a processor "
        "claims its row by id and runs it"
    ),
    ("queue", "rabbitmq"): (
        "amqplib over a quorum queue with publisher confirms; the worker relays due rows as "
        "messages, a consumer claims its row by id and runs it"
    ),
    ("queue", "kafka"): (
        "a @platformatic/kafka consumer group; the worker relays due rows as messages keyed by "
        "job id, offsets are committed after the work"
    ),
}


def _framework(name: str, itself: str, floor: dict[tuple[str, str], str]) -> dict[Meaning, str]:
    others = {Meaning(name, *choice): said for choice, said in (floor | _BESIDE).items()}
    return {Meaning(name, "framework", name): itself} | others


MEANINGS: dict[Meaning, str] = {
    **_framework(
        "fastapi",
        "Python 3.11 or newer; asynchronous handlers, pydantic models, psycopg without an ORM, "
        "Alembic for plain-SQL migrations",
        _PYTHON,
    ),
    **_framework(
        "flask",
        "Python 3.11 or newer; an application factory and blueprints, pydantic models, psycopg "
        "without an ORM, Alembic for plain-SQL migrations, gunicorn with threads",
        _PYTHON,
    ),
    **_framework(
        "django",
        "Python 3.11 or newer, Django 6 or its LTS; apps, models and migrations of Django's own, "
        "a custom user model, django-ninja, gunicorn with threads, the admin in development",
        _PYTHON,
    ),
    **_framework(
        "express",
        "TypeScript on Node 24 without a build; Express 5, routers and one error handler, zod "
        "schemas, Kysely over pg with prepared statements, plain-SQL migrations",
        _NODE,
    ),
    **_framework(
        "fastify",
        "TypeScript on Node 24 without a build; plugins and hooks, zod schemas beside handlers, "
        "Kysely over pg with prepared statements, plain-SQL migrations",
        _NODE,
    ),
    **_framework(
        "hono",
        "TypeScript on Node 24 without a build; typed routes on Hono's node server, zod schemas "
        "beside handlers, Kysely over pg with prepared statements, plain-SQL migrations",
        _NODE,
    ),
    **_framework(
        "nestjs",
        "TypeScript on Node 24; modules, providers, guards and pipes on the Fastify adapter, zod "
        "schemas, Kysely over pg with prepared statements, plain-SQL migrations",
        _NODE,
    ),
}


def meaning(framework: str, question: str, choice: str) -> str:
    """The sentence for one choice. Raises KeyError when nobody wrote it."""
    return MEANINGS[Meaning(framework, question, choice)]
