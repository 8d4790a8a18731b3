from __future__ import annotations

import pytest

from tests.project import manage

PRODUCTION = {"APP_ENV": "production"}


def test_nothing_to_mend_before_deployment() -> None:
    checked = manage("check", "--deploy", "--fail-level", "WARNING", **PRODUCTION)

    assert checked.returncode == 0, checked.stderr


@pytest.mark.parametrize(("app_env", "there"), [("development", True), ("production", False)])
def test_the_admin_is_for_development_only(app_env: str, there: bool) -> None:
    script = "from django.urls import resolve; print(resolve('/admin/').route)"
    shown = manage("shell", "--verbosity", "0", "--command", script, APP_ENV=app_env)

    assert ("admin/" in shown.stdout) == there, shown.stderr
