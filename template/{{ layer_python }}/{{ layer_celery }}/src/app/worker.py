"""`python -m app.worker`: a Celery worker for background jobs, until it is told to stop."""

from __future__ import annotations

import secrets
import socket
import sys

from app.config import Settings, load_settings_or_exit
from app.observability import logging


def main(settings: Settings) -> int:
    logging.configure(settings)
    # Only now, so that whatever Celery says while it is imported is said as JSON.
    from app.jobs.celery import app

    worker = app.Worker(
        # A name of its own: a broker may refuse a second worker with the same one, and in
        # containers that share a host's name each is process 1.
        hostname=f"{settings.service_name}-{secrets.token_hex(4)}@{socket.gethostname()}",
        quiet=True,
        without_gossip=True,
        without_mingle=True,
    )
    worker.start()
    return int(worker.exitcode or 0)


if __name__ == "__main__":
    sys.exit(main(load_settings_or_exit()))
