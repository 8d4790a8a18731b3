from __future__ import annotations

import pytest

from app.config import ConfigError, load_settings

GOOD = {
    "PUBLIC_APP_URL": "https://app.test",
    "DATABASE_URL": "postgresql://app@127.0.0.1/app",
    "REDIS_URL": "redis://127.0.0.1",
    "JWT_SECRET": "3f9a1c7e5b2d8046f1e3a5c7092b4d6e",
    "JWT_ISSUER": "https://api.test",
    "JWT_AUDIENCE": "api.test",
    "SMTP_URL": "smtp://127.0.0.1",
    "MAIL_FROM": "no-reply@app.test",
}


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("APP_ENV", raising=False)
    for name, value in GOOD.items():
        monkeypatch.setenv(name, value)


def test_without_app_env_it_is_production() -> None:
    assert load_settings().production


def test_all_faults_are_named_and_no_value(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DATABASE_URL")
    monkeypatch.setenv("PORT", "abc")
    monkeypatch.setenv("JWT_SECRET", "a-secret-that-anybody-may-guess-12345")

    with pytest.raises(ConfigError) as caught:
        load_settings()

    assert caught.value.problems.keys() == {"DATABASE_URL", "PORT", "JWT_SECRET"}
    assert "anybody" not in str(caught.value)


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
