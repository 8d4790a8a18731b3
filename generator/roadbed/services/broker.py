"""The broker that a project's queue needs, whichever kind it is."""

from __future__ import annotations

from roadbed.services.redis import Redis
from roadbed.services.service import Service

VARIABLE = "ROADBED_BROKER_URL"


class RedisBroker(Redis):
    """A Redis of its own: a broker shares neither data nor fate with the cache."""

    name = "broker"
    variable = VARIABLE


def start_broker(queue: str) -> Service | None:
    """The server behind `BROKER_URL` of a project with this queue; None if it needs none.

    `ROADBED_BROKER_URL` names one that runs already. Raises `ServiceError`.
    """
    if queue == "postgres":
        return None
    if queue == "redis":
        return RedisBroker.start()
    if queue == "rabbitmq":
        from roadbed.services.rabbitmq import RabbitMQ

        return RabbitMQ.start()
    from roadbed.services.kafka import Kafka

    return Kafka.start()
