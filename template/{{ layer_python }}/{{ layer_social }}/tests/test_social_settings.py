from __future__ import annotations

import pytest

from app.config import ConfigError, load_settings
from tests.test_config import GOOD


def test_a_client_secret_that_is_a_placeholder_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {**GOOD, "OAUTH_CLIENT_SECRET": "change-me"}.items():
        monkeypatch.setenv(name, value)

    with pytest.raises(ConfigError) as caught:
        load_settings()

    assert caught.value.problems.keys() == {"OAUTH_CLIENT_SECRET"}
