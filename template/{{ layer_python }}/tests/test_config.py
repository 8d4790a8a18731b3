from __future__ import annotations

import pytest

from app.config import ConfigError, load_settings
from tests.auth_settings import AUTH_SETTINGS
from tests.queue_settings import QUEUE_SETTINGS
from tests.social_settings import SOCIAL_SETTINGS

GOOD = {
    "PUBLIC_APP_URL": "https://app.test",
    "DATABASE_URL": "postgresql://app@127.0.0.1/app",
    "REDIS_URL": "redis://127.0.0.1",
    "SMTP_URL": "smtp://127.0.0.1",
    "MAIL_FROM": "no-reply@app.test",
    **{
        name.upper(): value
        for name, value in {**AUTH_SETTINGS, **SOCIAL_SETTINGS, **QUEUE_SETTINGS}.items()
    },
}


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("APP_ENV", raising=False)
    for name, value in GOOD.items():
        monkeypatch.setenv(name, value)


def test_without_app_env_it_is_production() -> None:
    assert load_settings().production


def test_all_faults_are_named_and_no_value(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MAIL_FROM")
    monkeypatch.setenv("PORT", "abc")
    monkeypatch.setenv("DATABASE_URL", "mysql://app:what-nobody-may-read@127.0.0.1/app")

    with pytest.raises(ConfigError) as caught:
        load_settings()

    assert caught.value.problems.keys() == {"DATABASE_URL", "PORT", "MAIL_FROM"}
    assert "nobody" not in str(caught.value)


def test_a_lease_must_outlive_the_job(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JOB_TIMEOUT", "90")

    with pytest.raises(ConfigError) as caught:
        load_settings()

    assert caught.value.problems.keys() == {"JOB_LEASE"}


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("COOKIE_SECURE", "false"),
        ("CORS_ALLOWED_ORIGINS", "*"),
        ("PUBLIC_APP_URL", "http://app.test"),
        ("DATABASE_URL", "postgresql://app:change-me@127.0.0.1/app"),
    ],
)
def test_what_helps_in_development_is_refused_in_production(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(ConfigError) as caught:
        load_settings()
    assert caught.value.problems.keys() == {variable}

    monkeypatch.setenv("APP_ENV", "development")
    load_settings()
