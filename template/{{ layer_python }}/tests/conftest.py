"""A migrated database for each test, a real mail server, and settings that point to them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import Any, TypeAlias
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg import sql
from psycopg.rows import dict_row

from app.config import Settings
from app.ids import uuid7
from tests.auth_settings import AUTH_SETTINGS
from tests.mailbox import Mailbox
from tests.queue_settings import QUEUE_SETTINGS
from tests.schema import migrate
from tests.social_settings import SOCIAL_SETTINGS

pytest_plugins = ["tests.worker"]

NO_LIMIT = "1000000/60"

MakeSettings: TypeAlias = Callable[..., Settings]


def service_url(name: str, default: str) -> str:
    return os.environ.get(f"TEST_{name}") or os.environ.get(name) or default


DATABASE_SERVER = service_url("DATABASE_URL", "postgresql://app:change-me@127.0.0.1:5432/app")
REDIS = service_url("REDIS_URL", "redis://127.0.0.1:6379/0")


def administer(statement: str, *names: str) -> None:
    with psycopg.connect(DATABASE_SERVER, autocommit=True) as connection:
        connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))


@pytest.fixture(scope="session", autouse=True)
def _database_server() -> None:
    try:
        administer("SELECT 1")
    except psycopg.OperationalError:
        pytest.exit("No PostgreSQL: `make services` starts one, TEST_DATABASE_URL names one.", 3)


def url_of(database: str) -> str:
    return psycopg.conninfo.make_conninfo(DATABASE_SERVER, dbname=database)


@pytest.fixture
def empty_database() -> Iterator[str]:
    """The connection string of a database without any table."""
    name = f"test_{uuid4().hex}"
    administer("CREATE DATABASE {}", name)
    yield url_of(name)
    administer("DROP DATABASE {} WITH (FORCE)", name)


@pytest.fixture(scope="session")
def migrated_template() -> Iterator[str]:
    name = f"test_template_{uuid4().hex}"
    administer("CREATE DATABASE {}", name)
    migrate(url_of(name))
    yield name
    administer("DROP DATABASE {} WITH (FORCE)", name)


@pytest.fixture
def database_url(migrated_template: str) -> Iterator[str]:
    """The connection string of this test's own, migrated database."""
    name = f"test_{uuid4().hex}"
    administer("CREATE DATABASE {} TEMPLATE {}", name, migrated_template)
    yield url_of(name)
    administer("DROP DATABASE {} WITH (FORCE)", name)


@pytest.fixture
def db(database_url: str) -> Iterator[psycopg.Connection[dict[str, Any]]]:
    with psycopg.connect(database_url, autocommit=True, row_factory=dict_row) as connection:
        yield connection


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    with Mailbox() as box:
        yield box


@pytest.fixture
def make_settings(database_url: str, mailbox: Mailbox) -> MakeSettings:
    """Settings for this test's services; keyword arguments change single ones."""

    def make(**changes: Any) -> Settings:
        values = {
            "app_env": "test",
            "public_app_url": "https://app.test",
            "redis_url": REDIS,
            # Replaced below: the tests' own connection string need not be a URL.
            "database_url": "postgresql://127.0.0.1/app",
            **AUTH_SETTINGS,
            **SOCIAL_SETTINGS,
            **QUEUE_SETTINGS,
            # A busy machine may take longer than production should wait.
            "redis_timeout_ms": "2000",
            "smtp_url": mailbox.url,
            "mail_from": "no-reply@app.test",
            "job_backoff_base": "0.05",
            "job_backoff_max": "0.1",
            "rate_limit_ip": NO_LIMIT,
            "rate_limit_user": NO_LIMIT,
            "rate_limit_signup": NO_LIMIT,
            "rate_limit_login_ip": NO_LIMIT,
            **changes,
        }
        settings = Settings.model_validate(values)
        return settings.model_copy(update={"database_url": database_url})

    return make


@pytest.fixture
def settings(make_settings: MakeSettings) -> Settings:
    return make_settings()


@pytest.fixture
def user_id(db: psycopg.Connection[dict[str, Any]]) -> UUID:
    """A user who exists, written past the service."""
    user = uuid7()
    db.execute(
        "INSERT INTO users (id, email, name) VALUES (%s, %s, 'Ada')", (user, f"{user}@app.test")
    )
    return user
