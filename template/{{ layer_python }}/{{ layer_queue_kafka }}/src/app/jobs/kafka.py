"""What relay and consumer have to agree on: the topic, the group, and how to reach the brokers."""

from __future__ import annotations

import logging
from typing import Any

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient, NewTopic  # type: ignore[attr-defined]

from app.config import Settings
from app.jobs.relay import BrokerUnavailable

# As many workers can share the topic; more than that stand by.
PARTITIONS = 12
BROKER_DEFAULT = -1
ADMIN_SECONDS = 5

# What the client library says of lost connections is said better, and once, by relay and consumer.
library_log = logging.getLogger("kafka")
library_log.setLevel(logging.CRITICAL)


def topic_name(settings: Settings) -> str:
    return f"{settings.service_name}.jobs"


def client_configuration(settings: Settings) -> dict[str, Any]:
    return {
        "bootstrap.servers": settings.bootstrap_servers,
        "client.id": settings.service_name,
        "logger": library_log,
        "log.connection.close": False,
        # A broker that comes back is noticed within a second or two.
        "reconnect.backoff.max.ms": 1_000,
        # Also a topic that was lost with all that was in it.
        "topic.metadata.refresh.interval.ms": 2_000,
        "allow.auto.create.topics": False,
    }


def make_topic(settings: Settings) -> None:
    """Create the topic unless it is there. Raises BrokerUnavailable in bounded time."""
    topic = NewTopic(topic_name(settings), PARTITIONS, BROKER_DEFAULT)
    admin = AdminClient(client_configuration(settings))
    try:
        for made in admin.create_topics([topic], request_timeout=ADMIN_SECONDS).values():
            made.result(ADMIN_SECONDS + 1)
    except KafkaException as error:
        if error.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
            raise BrokerUnavailable from error
    except TimeoutError as error:
        raise BrokerUnavailable from error
