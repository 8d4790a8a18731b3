"""`manage.py retry_job ID`: queue a dead job again."""

from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from app.config import load_settings_or_exit
from app.jobs.retry import main


class Command(BaseCommand):
    help = "Queue a dead job again."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("job_id")

    def handle(self, *_: Any, **options: Any) -> None:
        sys.exit(main(load_settings_or_exit(), [options["job_id"]]))
