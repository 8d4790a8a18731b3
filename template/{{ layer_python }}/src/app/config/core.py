"""Settings that every process of the service needs."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal, NamedTuple
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationInfo,
    field_validator,
)

from app import PROJECT_NAME

PLACEHOLDER = re.compile(r"change[-_ ]?me", re.IGNORECASE)


class RateLimit(NamedTuple):
    """At most `limit` requests in any `window` seconds."""

    limit: int
    window: int


def _parse_rate_limit(value: Any) -> RateLimit:
    if isinstance(value, RateLimit):
        return value
    limit, slash, window = str(value).partition("/")
    if not (slash and limit.isdecimal() and window.isdecimal() and int(limit) and int(window)):
        raise ValueError("must be N/seconds, such as 100/60")
    return RateLimit(int(limit), int(window))


def url(*schemes: str) -> AfterValidator:
    def validate(value: str) -> str:
        try:
            parts = urlsplit(value)
            valid = parts.scheme in schemes and bool(parts.hostname) and parts.port != 0
        except ValueError:
            valid = False
        if not valid or re.search(r"\s", value):
            raise ValueError(f"must be a URL that starts with {' or '.join(schemes)}://")
        return value

    return AfterValidator(validate)


def _parse_origins(value: Any) -> tuple[str, ...]:
    if isinstance(value, tuple):
        return value
    origins = tuple(origin.strip() for origin in str(value).split(",") if origin.strip())
    for origin in origins:
        if origin != "*" and not re.fullmatch(r"https?://[a-z0-9.\-\[\]:]+", origin):
            raise ValueError(
                "must be a comma-separated list of origins such as https://example.org"
            )
    return origins


Limit = Annotated[RateLimit, BeforeValidator(_parse_rate_limit)]
HttpUrl = Annotated[str, url("http", "https")]
Port = Annotated[int, Field(ge=1, le=65535)]
Seconds = Annotated[float, Field(gt=0, allow_inf_nan=False)]
WholeSeconds = Annotated[int, Field(gt=0)]
Count = Annotated[int, Field(gt=0)]


class CoreSettings(BaseModel):
    """Read once at start; field names are the variables' names in lower case.

    `app_env` comes first so that the validators of later fields can see it.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    app_env: Literal["development", "test", "production"] = "production"
    host: str = Field(default="", validate_default=True)
    port: Port = 8080
    admin_port: Port = 9090
    service_name: str = PROJECT_NAME
    log_level: Literal["debug", "info", "warn", "error"] = "info"

    public_app_url: HttpUrl
    database_url: Annotated[str, url("postgresql", "postgres")]
    db_pool_max: Count = 10
    db_pool_timeout: Seconds = 3
    db_statement_timeout: Seconds = 5
    redis_url: Annotated[str, url("redis", "rediss")]
    redis_timeout_ms: Count = 200

    cookie_secure: bool = True
    cors_allowed_origins: Annotated[tuple[str, ...], BeforeValidator(_parse_origins)] = ()
    trusted_proxy_hops: Annotated[int, Field(ge=0)] = 0
    max_body_bytes: Count = 1_048_576
    password_min_length: Annotated[int, Field(ge=8, le=128)] = 15
    verify_token_ttl: WholeSeconds = 86_400
    reset_token_ttl: WholeSeconds = 1_800
    cache_ttl: WholeSeconds = 300

    rate_limit_ip: Limit = RateLimit(100, 60)
    rate_limit_user: Limit = RateLimit(300, 60)
    rate_limit_signup: Limit = RateLimit(20, 3600)
    rate_limit_login: Limit = RateLimit(5, 900)
    rate_limit_login_ip: Limit = RateLimit(50, 900)
    rate_limit_forgot: Limit = RateLimit(3, 3600)

    shutdown_timeout: Seconds = 25
    otel_exporter_otlp_endpoint: HttpUrl | None = None

    @property
    def production(self) -> bool:
        return self.app_env == "production"

    @field_validator("host")
    @classmethod
    def _listen_where_the_environment_expects(cls, value: str, info: ValidationInfo) -> str:
        # A container has to be reachable from outside; a laptop should not be.
        return value or ("0.0.0.0" if _in_production(info) else "127.0.0.1")  # noqa: S104

    @field_validator("public_app_url")
    @classmethod
    def _https_in_production(cls, value: str, info: ValidationInfo) -> str:
        if _in_production(info) and not value.startswith("https://"):
            raise ValueError("must be an https URL in production")
        return value

    @field_validator("cookie_secure")
    @classmethod
    def _secure_cookies_in_production(cls, value: bool, info: ValidationInfo) -> bool:
        if _in_production(info) and not value:
            raise ValueError("must be true in production")
        return value

    @field_validator("cors_allowed_origins")
    @classmethod
    def _no_wildcard_in_production(
        cls, value: tuple[str, ...], info: ValidationInfo
    ) -> tuple[str, ...]:
        if "*" in value and _in_production(info):
            raise ValueError("must name exact origins in production, not *")
        return value

    @field_validator("*")
    @classmethod
    def _no_placeholder_in_production(cls, value: Any, info: ValidationInfo) -> Any:
        if _in_production(info) and isinstance(value, str) and PLACEHOLDER.search(value):
            raise ValueError("still holds a placeholder")
        return value


def _in_production(info: ValidationInfo) -> bool:
    # An invalid APP_ENV is judged by the strictest rules: nothing slips through beside it.
    return bool(info.data.get("app_env", "production") == "production")
