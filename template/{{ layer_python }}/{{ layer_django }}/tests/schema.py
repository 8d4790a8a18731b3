"""How a test's database gets its tables."""

from __future__ import annotations

from tests.project import manage


def migrate(database_url: str, *target: str) -> None:
    """Run every migration, or those up to `target`: an app and the name of its last one."""
    done = manage("migrate", *target, database=database_url)
    assert done.returncode == 0, done.stdout + done.stderr
