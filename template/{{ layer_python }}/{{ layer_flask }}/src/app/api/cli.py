"""Commands of `flask --app app.api.app`: what `make` runs, where Flask's users look for it."""

from __future__ import annotations

import runpy
import sys

import click
from flask import Flask

from app.api import current


def add_commands(app: Flask) -> None:
    for command in (migrate, worker, retry_job):
        app.cli.add_command(command)


@click.command("migrate")
def migrate() -> None:
    """Bring the database's schema to the newest version."""
    from app.migrate import main

    sys.exit(main(current.settings()))


@click.command("worker")
def worker() -> None:
    """Run background jobs until told to stop."""
    runpy.run_module("app.worker", run_name="__main__")


@click.command("retry-job")
@click.argument("job_id")
def retry_job(job_id: str) -> None:
    """Queue a dead job again."""
    from app.jobs.retry import main

    sys.exit(main(current.settings(), [job_id]))
