"""`python -m app.worker`: runs background jobs until it is told to stop."""

from __future__ import annotations

import sys

from app.config import load_settings_or_exit
from app.jobs.runtime import Runtime, run
from app.jobs.transport import Poller


def build(runtime: Runtime) -> Poller:
    """The worker's parts, put together; nothing runs yet."""
    return Poller(runtime.database, runtime.runner, runtime.settings, turn=runtime.scheduler.turn)


if __name__ == "__main__":
    sys.exit(run(load_settings_or_exit(), build))
