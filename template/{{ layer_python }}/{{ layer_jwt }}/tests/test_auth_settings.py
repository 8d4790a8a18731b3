from __future__ import annotations

import pytest

from app.config import ConfigError, Settings
from app.config.loading import load
from tests.conftest import MakeSettings
from tests.test_config import GOOD


@pytest.mark.parametrize(
    "secret",
    [
        "too short",
        "x" * 40,
        "a-secret-that-anybody-may-guess-12345",
        "change-me-change-me-change-me-12",
    ],
)
def test_a_secret_that_can_be_guessed_is_refused(
    monkeypatch: pytest.MonkeyPatch, secret: str
) -> None:
    for name, value in {**GOOD, "JWT_SECRET": secret}.items():
        monkeypatch.setenv(name, value)

    with pytest.raises(ConfigError) as caught:
        load(Settings)

    assert caught.value.problems.keys() == {"JWT_SECRET"}
    assert secret not in str(caught.value)


def test_a_random_one_is_taken(make_settings: MakeSettings) -> None:
    assert make_settings(jwt_secret="n4Xo0bq7LZ5eF2uJ9wRkT8yHc6VdGmPs").jwt_issuer
