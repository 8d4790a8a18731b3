"""The relay's way to the broker: one task message for each id."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from celery import Celery
from kombu import Connection, Producer
from kombu.exceptions import KombuError

from app.jobs import broker
from app.jobs.relay import BrokerUnavailable

CONNECT_TIMEOUT = 3


class Publisher:
    """Publishes over a connection of its own, which ends at the first sign of trouble."""

    def __init__(self, app: Celery, task: Any) -> None:
        self._app = app
        self._task = task
        self._connection: Connection | None = None
        self._producer: Producer | None = None

    def __call__(self, job_ids: Sequence[UUID]) -> None:
        """Raises BrokerUnavailable if one of them was not confirmed."""
        try:
            producer = self._connect()
            for job_id in job_ids:
                self._task.apply_async((str(job_id),), producer=producer, retry=False)
        except self._errors() as error:
            self._disconnect()
            raise BrokerUnavailable from error

    def _connect(self) -> Producer:
        if self._producer is None:
            self._connection = self._app.connection_for_write(
                connect_timeout=CONNECT_TIMEOUT,
                heartbeat=0,
                transport_options=broker.PUBLISHING,
            )
            self._connection.connect()
            self._producer = self._app.amqp.Producer(self._connection)
        return self._producer

    def _errors(self) -> tuple[type[BaseException], ...]:
        if self._connection is None:
            return ()
        known = (*self._connection.connection_errors, *self._connection.channel_errors)
        return (OSError, KombuError, *known)

    def _disconnect(self) -> None:
        connection, self._connection, self._producer = self._connection, None, None
        if connection is not None:
            connection.collect()
