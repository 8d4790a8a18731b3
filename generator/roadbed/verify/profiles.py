"""The environments the contract names: *default* and *fast*."""

from __future__ import annotations

import secrets
from collections.abc import Mapping

from roadbed.verify.check import Profile
from roadbed.verify.fakes.openid import OpenIdProvider
from roadbed.verify.project import Project

PUBLIC_APP_URL = "https://app.example.com"
ALLOWED_ORIGINS = (PUBLIC_APP_URL, "https://admin.example.com:8443")
OAUTH_PROVIDER = "suite"
OAUTH_REDIRECT_URI = f"https://api.example.com/v1/auth/oauth/{OAUTH_PROVIDER}/callback"

# Contract §5. Variables with a default are left unset, so that the service's own defaults are
# what is proven; these are the values a check may reckon with then.
DEFAULTS: dict[str, str] = {
    "LOG_LEVEL": "info",
    "DB_POOL_MAX": "10",
    "DB_POOL_TIMEOUT": "3",
    "DB_STATEMENT_TIMEOUT": "5",
    "REDIS_TIMEOUT_MS": "200",
    "ACCESS_TOKEN_TTL": "900",
    "REFRESH_TOKEN_TTL": "2592000",
    "SESSION_IDLE_TTL": "86400",
    "SESSION_ABSOLUTE_TTL": "2592000",
    "COOKIE_SECURE": "true",
    "TRUSTED_PROXY_HOPS": "0",
    "MAX_BODY_BYTES": "1048576",
    "PASSWORD_MIN_LENGTH": "15",
    "VERIFY_TOKEN_TTL": "86400",
    "RESET_TOKEN_TTL": "1800",
    "CACHE_TTL": "300",
    "RATE_LIMIT_IP": "100/60",
    "RATE_LIMIT_USER": "300/60",
    "RATE_LIMIT_SIGNUP": "20/3600",
    "RATE_LIMIT_LOGIN": "5/900",
    "RATE_LIMIT_LOGIN_IP": "50/900",
    "RATE_LIMIT_FORGOT": "3/3600",
    "JOB_MAX_ATTEMPTS": "15",
    "JOB_BACKOFF_BASE": "5",
    "JOB_BACKOFF_MAX": "3600",
    "JOB_TIMEOUT": "60",
    "JOB_LEASE": "90",
    "JOB_RETENTION": "604800",
    "PURGE_INTERVAL": "3600",
    "WORKER_CONCURRENCY": "10",
    "SHUTDOWN_TIMEOUT": "25",
}

_RAISED = "1000000/60"
_RATE_LIMITS = {name: _RAISED for name in DEFAULTS if name.startswith("RATE_LIMIT_")}

_FAST = {
    "ACCESS_TOKEN_TTL": "60",
    "REFRESH_TOKEN_TTL": "4",
    "SESSION_IDLE_TTL": "3",
    "SESSION_ABSOLUTE_TTL": "8",
    "VERIFY_TOKEN_TTL": "3",
    "RESET_TOKEN_TTL": "3",
    "CACHE_TTL": "3",
    "JOB_BACKOFF_BASE": "0.3",
    "JOB_BACKOFF_MAX": "2",
    "JOB_TIMEOUT": "3",
    "JOB_LEASE": "5",
    "JOB_RETENTION": "60",
    "PURGE_INTERVAL": "2",
    "SHUTDOWN_TIMEOUT": "6",
}


def environment(
    profile: Profile,
    project: Project,
    *,
    database_url: str,
    redis_url: str,
    smtp_url: str,
    otlp_url: str,
    broker_url: str | None = None,
    openid: OpenIdProvider | None = None,
) -> dict[str, str]:
    """The complete environment of a project's processes, but for their ports."""
    env = {
        "APP_ENV": "production",
        "SERVICE_NAME": "suite-service",
        "PUBLIC_APP_URL": PUBLIC_APP_URL,
        "CORS_ALLOWED_ORIGINS": ",".join(ALLOWED_ORIGINS),
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "SMTP_URL": smtp_url,
        "MAIL_FROM": "no-reply@example.com",
        **({"BROKER_URL": broker_url} if broker_url is not None else {}),
        **_RATE_LIMITS,
        **_telemetry(otlp_url),
        **(_tokens() if project.auth == "jwt" else {}),
        **(_third_party(openid) if openid is not None else {}),
    }
    if profile == "fast":
        env.update(_only_known(_FAST, project))
    return env


def setting(env: Mapping[str, str], name: str) -> str:
    """The value in force: what is set, else the contract's default. KeyError when neither."""
    return env[name] if name in env else DEFAULTS[name]


def _tokens() -> dict[str, str]:
    return {
        "JWT_SECRET": secrets.token_hex(32),
        "JWT_ISSUER": "https://api.example.com",
        "JWT_AUDIENCE": "https://clients.example.com",
    }


def _third_party(provider: OpenIdProvider) -> dict[str, str]:
    return {
        "OAUTH_PROVIDER": OAUTH_PROVIDER,
        "OAUTH_ISSUER": provider.issuer,
        "OAUTH_CLIENT_ID": provider.client_id,
        "OAUTH_CLIENT_SECRET": provider.client_secret,
        "OAUTH_REDIRECT_URI": provider.redirect_uri,
        "OAUTH_SUCCESS_URL": f"{PUBLIC_APP_URL}/welcome",
        "OAUTH_FAILURE_URL": f"{PUBLIC_APP_URL}/sign-in",
    }


def _telemetry(endpoint: str) -> dict[str, str]:
    """Spans are flushed soon, so that a check need not wait for the usual five seconds."""
    return {
        "OTEL_EXPORTER_OTLP_ENDPOINT": endpoint,
        "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf",
        "OTEL_BSP_SCHEDULE_DELAY": "200",
        "OTEL_METRICS_EXPORTER": "none",
        "OTEL_LOGS_EXPORTER": "none",
    }


def _only_known(values: Mapping[str, str], project: Project) -> dict[str, str]:
    """Without the variables of the other kind of sign-in."""
    strange = ("SESSION_",) if project.auth == "jwt" else ("ACCESS_TOKEN_", "REFRESH_TOKEN_")
    return {name: value for name, value in values.items() if not name.startswith(strange)}
