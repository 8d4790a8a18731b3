"""What Django's settings are read from while tests run, and `manage.py` as people run it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote, urlencode

from psycopg.conninfo import conninfo_to_dict

from tests.auth_settings import AUTH_SETTINGS
from tests.queue_settings import QUEUE_SETTINGS
from tests.social_settings import SOCIAL_SETTINGS

ROOT = Path(__file__).parents[1]
NOWHERE = "postgresql://app@127.0.0.1:1/app"
ENVIRONMENT = {
    name.upper(): value
    for name, value in {
        "app_env": "test",
        "public_app_url": "https://app.test",
        "database_url": NOWHERE,
        "redis_url": "redis://127.0.0.1:1/0",
        "smtp_url": "smtp://127.0.0.1:1",
        "mail_from": "no-reply@app.test",
        **AUTH_SETTINGS,
        **SOCIAL_SETTINGS,
        **QUEUE_SETTINGS,
    }.items()
}


def url_of(conninfo: str) -> str:
    """A connection string as a URL, which is what settings take."""
    return f"postgresql://localhost/?{urlencode(conninfo_to_dict(conninfo), quote_via=quote)}"


def manage(
    *arguments: str, database: str = NOWHERE, **environment: str
) -> subprocess.CompletedProcess[str]:
    """`python manage.py …` of this project; what it writes is captured."""
    env = {**os.environ, **ENVIRONMENT, "DATABASE_URL": url_of(database), **environment}
    command = [sys.executable, str(ROOT / "manage.py"), *arguments]
    return subprocess.run(command, env=env, capture_output=True, text=True, timeout=180)
