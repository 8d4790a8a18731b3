"""Redis as Celery's broker."""

from typing import Any

# For whatever hangs longer than this there is a next time.
PUBLISHING: dict[str, Any] = {"socket_timeout": 5, "socket_connect_timeout": 3}

CONFIGURATION: dict[str, Any] = {
    "broker_transport_options": {
        # Messages that a killed worker had in hand come back after this many seconds. For jobs
        # that is of no importance: the relay has announced them again long before.
        "visibility_timeout": 3_600,
        "socket_keepalive": True,
    },
}
