"""RabbitMQ as Celery's broker: a quorum queue, and every message confirmed."""

from typing import Any

# For whatever hangs longer than this there is a next time.
PUBLISHING: dict[str, Any] = {"read_timeout": 5, "write_timeout": 5}

CONFIGURATION: dict[str, Any] = {
    "broker_transport_options": {"confirm_publish": True},
    "task_default_queue_type": "quorum",
    # Celery's delayed delivery for quorum queues binds by pattern.
    "task_default_exchange_type": "topic",
}
