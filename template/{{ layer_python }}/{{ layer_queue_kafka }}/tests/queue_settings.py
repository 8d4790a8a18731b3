"""What the tests have to know of the job queue: its settings, and the loop of a worker."""

from tests.direct import build

QUEUE_SETTINGS = {"broker_url": "kafka://one.broker.test:9092,two.broker.test:9092"}

__all__ = ["QUEUE_SETTINGS", "build"]
