"""What the tests have to know of the job queue: its settings, and the loop of its worker."""

from app.worker import build

QUEUE_SETTINGS: dict[str, str] = {}

__all__ = ["QUEUE_SETTINGS", "build"]
