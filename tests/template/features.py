"""What belongs to which choice, declared apart from the template: the rules of product.py use it.

Whoever adds a choice adds its lines here.
"""

from __future__ import annotations

from dataclasses import dataclass

Choice = tuple[str, str]

JWT, SESSION = ("auth", "jwt"), ("auth", "session")
SOCIAL, NO_SOCIAL = ("social_login", "true"), ("social_login", "false")
POSTGRES, REDIS = ("queue", "postgres"), ("queue", "redis")
RABBITMQ, KAFKA = ("queue", "rabbitmq"), ("queue", "kafka")
FASTAPI, FLASK = ("framework", "fastapi"), ("framework", "flask")
DJANGO, FASTIFY = ("framework", "django"), ("framework", "fastify")
EXPRESS, HONO = ("framework", "express"), ("framework", "hono")
NESTJS = ("framework", "nestjs")
CADDY, NGINX = ("proxy", "caddy"), ("proxy", "nginx")
RAILWAY, RENDER, ECS = ("deploy", "railway"), ("deploy", "render"), ("deploy", "ecs")
NO_DEPLOY = ("deploy", "none")
UPDATE_WORKFLOW = ("update_workflow", "true")
# No question: it follows from the framework. What a feature is called depends on it.
PYTHON, NODE = ("language", "python"), ("language", "node")
LANGUAGES = {
    "fastapi": "python",
    "flask": "python",
    "django": "python",
    "fastify": "node",
    "express": "node",
    "hono": "node",
    "nestjs": "node",
}


@dataclass(frozen=True)
class Feature:
    """`paths` are there if and only if all of `when` is chosen and nothing of `unless`; so are
    `words`, a pattern, but that files named in `spared` may say them anyway."""

    when: tuple[Choice, ...]
    paths: tuple[str, ...] = ()
    words: str | None = None
    unless: tuple[Choice, ...] = ()
    spared: tuple[str, ...] = ()

    def applies(self, choices: frozenset[Choice]) -> bool:
        return choices.issuperset(self.when) and choices.isdisjoint(self.unless)


FEATURES = (
    Feature(
        (PYTHON,),
        ("pyproject.toml", "src/app/__init__.py"),
        r"(?i)python|\bpip\b",
        spared=(".github/workflows/update.yml",),  # what makes the update is written in it
    ),
    Feature((FASTAPI,), ("src/app/api/dependencies.py",), r"(?i)fastapi"),
    Feature((FLASK,), ("src/app/api/cli.py",), r"(?i)flask"),
    Feature((DJANGO,), ("manage.py", "src/app/settings.py", "src/app/urls.py"), r"(?i)django"),
    Feature((DJANGO, JWT), ("src/app/signin/models.py",)),
    Feature((DJANGO, SOCIAL), ("src/app/social/models.py", "src/app/social/api.py")),
    Feature(
        (PYTHON,),
        ("src/app/wsgi", "src/app/watchdog.py"),
        r"(?i)gunicorn",
        unless=(FASTAPI,),
    ),
    Feature((JWT,), (), r"JWT_|ACCESS_TOKEN_TTL|REFRESH_TOKEN_TTL|refresh_token"),
    Feature(
        (PYTHON, JWT),
        (
            "src/app/repositories/refresh_tokens.py",
            "src/app/security/access_tokens.py",
            "src/app/token_schemas.py",
        ),
    ),
    Feature(
        (PYTHON, JWT), ("migrations/versions/0003_refresh_tokens.py",), unless=(DJANGO,)
    ),
    Feature((SESSION,), (), r"(?i)session_?(idle|absolute)_?ttl"),
    Feature((SOCIAL,), (), r"(?i)oauth|openid connect"),
    Feature(
        (PYTHON, SOCIAL),
        (
            "src/app/config/social.py",
            "src/app/provider.py",
            "src/app/repositories/identities.py",
            "src/app/security/openid.py",
            "src/app/services/social.py",
        ),
    ),
    Feature(
        (PYTHON, SOCIAL),
        ("migrations/versions/0004_oauth_identities.py", "src/app/api/routes/oauth.py"),
        unless=(DJANGO,),
    ),
    Feature((PYTHON,), ("alembic.ini", "migrations/env.py"), r"(?i)alembic", unless=(DJANGO,)),
    Feature((REDIS,), (), r"redis://[^\s]*:6380|celery\[redis\]|(?i:bullmq)"),
    Feature((RABBITMQ,), (), r"(?i)rabbitmq|amqps?://"),
    Feature((KAFKA,), (), r"(?i)kafka"),
    Feature((POSTGRES,), (), r"\bPoller\b"),
    Feature((CADDY,), ("deploy/proxy/Caddyfile",), r"(?i)caddy"),
    Feature(
        (NGINX,),
        ("deploy/proxy/certificate.sh", "deploy/proxy/nginx.conf.template"),
        r"(?i)nginx",
    ),
    Feature((NO_DEPLOY,)),  # brings nothing of its own; what it lacks is below
    Feature(
        (RAILWAY,),
        ("deploy/railway/api.json", "deploy/railway/worker.json"),
        r"(?i)railway",
    ),
    Feature((RENDER,), ("render.yaml",), r"RENDER_|Render runs|onrender"),
    Feature(
        (ECS,),
        ("deploy/ecs/api.json", "deploy/ecs/worker.json", "deploy/ecs/migrate.json"),
        r"(?i)fargate|\becs\b|AWS_",
    ),
    Feature((UPDATE_WORKFLOW,), (".github/workflows/update.yml",), r"roadbed update"),
    Feature(
        (NODE,),
        ("package.json", "tsconfig.json", "src/project.ts"),
        r"\bnpm\b|(?i:typescript)",
        spared=(".github/workflows/deploy.yml",),  # a platform's tool comes as one of its packages
    ),
    # NestJS stands on it, too.
    Feature((NODE,), ("src/api/plugins",), r"(?i)fastify", unless=(EXPRESS, HONO)),
    Feature((FASTIFY,), ("src/api/plugins/validation.ts",)),
    Feature((NESTJS,), ("src/api/app.module.ts", "tsconfig.build.json"), r"(?i)nestjs"),
    Feature((NESTJS, SOCIAL), ("src/api/oauth/oauth.module.ts",)),
    Feature((EXPRESS,), ("src/api/dependencies.ts",), r"\b[Ee]xpress\b"),
    Feature((HONO,), ("src/api/env.ts",), r"(?i)\bhono\b"),
    Feature(
        (NODE, JWT),
        (
            "migrations/0003_refresh_tokens.sql",
            "src/repositories/refresh-tokens.ts",
            "src/security/access-tokens.ts",
        ),
        "lru-cache",
    ),
    Feature(
        (NODE, SOCIAL),
        (
            "migrations/0004_oauth_identities.sql",
            "src/config/social.ts",
            "src/http/social.ts",
            "src/provider.ts",
            "src/repositories/identities.ts",
            "src/security/openid.ts",
            "src/services/social.ts",
        ),
    ),
    Feature((NODE, SOCIAL), ("src/api/routes/oauth.ts",), unless=(NESTJS,)),
)

# Of choices that render, and are not offered until the ledger has a green row of each.
UPCOMING: dict[str, dict[str, str]] = {}
UPCOMING_FEATURES: tuple[Feature, ...] = ()

# Contract, §5. A key is what has to be chosen, all of it.
VARIABLES: dict[tuple[Choice, ...], str] = {
    (): """
        APP_ENV PORT ADMIN_PORT SERVICE_NAME LOG_LEVEL PUBLIC_APP_URL
        DATABASE_URL DB_POOL_MAX DB_POOL_TIMEOUT DB_STATEMENT_TIMEOUT REDIS_URL REDIS_TIMEOUT_MS
        COOKIE_SECURE CORS_ALLOWED_ORIGINS TRUSTED_PROXY_HOPS MAX_BODY_BYTES
        PASSWORD_MIN_LENGTH VERIFY_TOKEN_TTL RESET_TOKEN_TTL CACHE_TTL
        RATE_LIMIT_IP RATE_LIMIT_USER RATE_LIMIT_SIGNUP RATE_LIMIT_LOGIN RATE_LIMIT_LOGIN_IP
        RATE_LIMIT_FORGOT SMTP_URL MAIL_FROM
        JOB_MAX_ATTEMPTS JOB_BACKOFF_BASE JOB_BACKOFF_MAX JOB_TIMEOUT JOB_LEASE JOB_RETENTION
        PURGE_INTERVAL WORKER_CONCURRENCY SHUTDOWN_TIMEOUT OTEL_EXPORTER_OTLP_ENDPOINT
    """,
    (JWT,): "JWT_SECRET JWT_ISSUER JWT_AUDIENCE ACCESS_TOKEN_TTL REFRESH_TOKEN_TTL",
    (SESSION,): "SESSION_IDLE_TTL SESSION_ABSOLUTE_TTL",
    (SOCIAL,): """
        OAUTH_PROVIDER OAUTH_ISSUER OAUTH_CLIENT_ID OAUTH_CLIENT_SECRET OAUTH_REDIRECT_URI
        OAUTH_SUCCESS_URL OAUTH_FAILURE_URL
    """,
    (REDIS,): "BROKER_URL",
    (RABBITMQ,): "BROKER_URL",
    (KAFKA,): "BROKER_URL",
}

# Requirements that are imported under another name than their own, or under several. The second
# names belong to packages that the first one documents as part of its interface.
MODULES: dict[str, tuple[str, ...]] = {
    "alembic": ("alembic", "sqlalchemy"),
    "argon2-cffi": ("argon2",),
    "celery": ("celery", "kombu"),
    "celery[redis]": ("celery", "kombu"),
    "django-ninja": ("ninja",),
    "fastapi": ("fastapi", "starlette"),
    "flask": ("flask", "click", "werkzeug"),
    "opentelemetry-exporter-otlp-proto-http": ("opentelemetry.exporter.otlp.proto.http",),
    "opentelemetry-sdk": ("opentelemetry",),
    "psycopg[binary,pool]": ("psycopg", "psycopg_pool"),
    "pydantic": ("pydantic", "pydantic_core"),
    "pyjwt": ("jwt",),
    "pyjwt[crypto]": ("jwt", "cryptography"),
}

# The same of a Node project: commands, types that the compiler finds by itself, and what another
# package asks its user to bring.
NODE_UNIMPORTED = frozenset(
    {
        "@biomejs/biome",
        "@types/express",
        "@types/node",
        "@types/pg",
        "@types/smtp-server",
        "reflect-metadata",  # @nestjs/core
        "rxjs",  # @nestjs/core
        "typescript",
    }
)

# Declared without an import: another package finds them by itself, or they are commands.
UNIMPORTED = frozenset(
    {
        "celery-types",  # mypy: types of celery
        "django-stubs",  # mypy: types of django
        "hiredis",  # redis: its parser in C
        "httptools",  # uvicorn: its parser in C
        "mypy",
        "pytest-asyncio",  # pytest: asyncio_mode in pyproject.toml
        "ruff",
    }
)
