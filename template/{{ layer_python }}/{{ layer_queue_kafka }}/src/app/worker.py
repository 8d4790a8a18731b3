"""`python -m app.worker`: runs background jobs until it is told to stop."""

from __future__ import annotations

import sys

from app.config import load_settings_or_exit
from app.jobs.runtime import run
from app.jobs.transport import KafkaLoop

if __name__ == "__main__":
    sys.exit(run(load_settings_or_exit(), KafkaLoop))
