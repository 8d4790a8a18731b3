"""The relay's way to the broker: one message for each id, keyed by it."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from app.config import Settings
from app.jobs.kafka import client_configuration, make_topic, topic_name
from app.jobs.relay import BrokerUnavailable

CONFIRMED_MS = 5_000
FLUSH_SECONDS = CONFIRMED_MS / 1000 + 1


class Publisher:
    """Publishes with a producer that is replaced at the first sign of trouble."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._topic = topic_name(settings)
        self._producer: Producer | None = None

    def __call__(self, job_ids: Sequence[UUID]) -> None:
        """Raises BrokerUnavailable if one of them was not confirmed by all replicas in sync."""
        producer, failed = self._connect(), list[KafkaError]()

        def delivered(error: KafkaError | None, _message: Message) -> None:
            if error is not None:
                failed.append(error)

        try:
            for job_id in job_ids:
                text = str(job_id)
                producer.produce(self._topic, key=text, value=text, on_delivery=delivered)
            unconfirmed = producer.flush(FLUSH_SECONDS)
        except (KafkaException, BufferError) as error:
            self._give_up(producer)
            raise BrokerUnavailable from error
        if failed or unconfirmed:
            self._give_up(producer)
            raise BrokerUnavailable from (KafkaException(failed[0]) if failed else None)

    def _connect(self) -> Producer:
        if self._producer is None:
            # It may have come back empty, topic and all.
            make_topic(self._settings)
            self._producer = Producer(
                {
                    **client_configuration(self._settings),
                    "acks": "all",
                    "enable.idempotence": True,
                    "message.timeout.ms": CONFIRMED_MS,
                    "linger.ms": 5,
                }
            )
        return self._producer

    def _give_up(self, producer: Producer) -> None:
        producer.purge()
        self._producer = None
