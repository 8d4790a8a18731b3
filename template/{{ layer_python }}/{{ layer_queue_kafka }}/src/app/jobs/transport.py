"""How jobs reach this process: the relay publishes their ids, a consumer group shares them."""

from __future__ import annotations

import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from uuid import UUID

import structlog
from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from app.ids import parse_uuid
from app.jobs.claims import Claims, Stopping
from app.jobs.kafka import client_configuration, make_topic, topic_name
from app.jobs.offsets import Offsets
from app.jobs.publisher import Publisher
from app.jobs.relay import BrokerUnavailable, Relay
from app.jobs.runtime import Runtime

POLL_SECONDS = 0.2
# Ids that wait in this process for a place: to stop reading and to begin again costs a moment.
BACKLOG = 100
RETRY_SECONDS = 1.0
CLOSE_SECONDS = 3.0
WARNING_PAUSE = 10.0
# How soon the jobs of a worker that was killed are somebody else's.
SESSION_MS = 6_000

log = structlog.get_logger(__name__)


class KafkaLoop:
    """Reads ids while it has hands free, and commits what is done with, in order."""

    def __init__(self, runtime: Runtime) -> None:
        settings = runtime.settings
        self._settings = settings
        self._topic = topic_name(settings)
        self._claims = Claims(runtime)
        self._relay = Relay(settings, Publisher(settings), runtime.scheduler.turn)
        self._offsets = Offsets()
        self._running: set[Future[None]] = set()
        self._pool = ThreadPoolExecutor(settings.worker_concurrency, thread_name_prefix="message")
        self._paused = False
        self._lost = False
        self._stopping = False
        self._turned_at = time.monotonic()
        self._warned_at = -WARNING_PAUSE

    def stop(self) -> None:
        self._claims.stop()
        self._stopping = True

    def stalled_for(self) -> float:
        return max(time.monotonic() - self._turned_at, self._relay.stalled_for())

    def run(self) -> None:
        self._relay.start()
        while not self._stopping:
            self._turned_at = time.monotonic()
            try:
                make_topic(self._settings)
            except BrokerUnavailable:
                self._trouble(None)
                time.sleep(RETRY_SECONDS)
            else:
                self._read()
        self._relay.stop()
        self._claims.finish()
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _read(self) -> None:
        """With one consumer, until the worker stops or the brokers were lost.

        A cluster that has come back may be another one under the same name, and a consumer would
        go on waiting for the messages of the first.
        """
        self._lost, self._paused, self._offsets = False, False, Offsets()
        consumer = self._consumer()
        consumer.subscribe([self._topic], self._assigned, self._forget, self._forget)
        self._relay.broker_lost()
        while not (self._stopping or self._lost):
            self._turned_at = time.monotonic()
            self._turn(consumer)
        self._commit(consumer)
        # What waits here is another worker's at once; but nobody may be left to say goodbye to.
        closing = threading.Thread(target=consumer.close, daemon=True)
        closing.start()
        closing.join(CLOSE_SECONDS)

    def _consumer(self) -> Consumer:
        settings = self._settings
        return Consumer(
            {
                **client_configuration(settings),
                "group.id": self._topic,
                "auto.offset.reset": "earliest",
                "enable.auto.offset.store": False,
                "auto.commit.interval.ms": 1_000,
                "partition.assignment.strategy": "cooperative-sticky",
                "session.timeout.ms": SESSION_MS,
                "heartbeat.interval.ms": SESSION_MS // 3,
                "error_cb": self._trouble,
            }
        )

    def _turn(self, consumer: Consumer) -> None:
        self._running = {run for run in self._running if not run.done()}
        self._pause(consumer)
        message = consumer.poll(POLL_SECONDS)
        if message is not None:
            self._begin(message)
        self._commit(consumer)

    def _pause(self, consumer: Consumer) -> None:
        """Reading nothing, but polling on: who does not poll is put out of the group."""
        places = self._settings.worker_concurrency
        full = len(self._running) > (places if self._paused else places + BACKLOG)
        if full != self._paused:
            with suppress(KafkaException):
                (consumer.pause if full else consumer.resume)(consumer.assignment())
                self._paused = full

    def _begin(self, message: Message) -> None:
        error = message.error()
        partition, offset, value = message.partition(), message.offset(), message.value()
        if error is not None or partition is None or offset is None:
            self._trouble(error)
            return
        self._offsets.begin(partition, offset)
        job_id = parse_uuid(value.decode("ascii", "replace")) if value else None
        if job_id is None:
            log.warning("message_ignored", partition=partition, offset=offset)
            self._offsets.end(partition, offset)
            return
        self._running.add(self._pool.submit(self._run, job_id, self._offsets, partition, offset))

    def _run(self, job_id: UUID, offsets: Offsets, partition: int, offset: int) -> None:
        try:
            self._claims.run(job_id)
            offsets.end(partition, offset)
        except Stopping:
            pass
        except Exception:
            # Of the message, that is; the job itself is settled by the runner, or by its lease.
            log.exception("message_failed", job_id=str(job_id))
            offsets.end(partition, offset)

    def _commit(self, consumer: Consumer) -> None:
        """Note what is done with; the library commits it soon, and when it closes."""
        moved = self._offsets.take()
        if moved:
            with suppress(KafkaException):
                consumer.store_offsets(
                    offsets=[TopicPartition(self._topic, *pair) for pair in moved.items()]
                )

    def _assigned(self, _consumer: Consumer, _partitions: list[TopicPartition]) -> None:
        self._paused = False  # the new ones are not

    def _forget(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        self._commit(consumer)
        for partition in partitions:
            self._offsets.forget(partition.partition)

    def _trouble(self, error: KafkaError | None) -> None:
        if error is not None and error.code() == KafkaError._TRANSPORT:
            return  # one of several brokers, or the only one: then more is to come
        self._lost = True
        self._relay.broker_lost()
        now = time.monotonic()
        if now - self._warned_at >= WARNING_PAUSE:
            self._warned_at = now
            log.warning("broker_unavailable", error=error.name() if error else "_ALL_BROKERS_DOWN")
