"""`manage.py worker`: run background jobs until told to stop."""

from __future__ import annotations

import runpy
from typing import Any

from django.core.management.base import BaseCommand


class Command(BaseCommand):
    help = "Run background jobs until told to stop."
    requires_system_checks = ()

    def handle(self, *_: Any, **__: Any) -> None:
        runpy.run_module("app.worker", run_name="__main__")
