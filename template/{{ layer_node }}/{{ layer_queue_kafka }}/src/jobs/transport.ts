/** How jobs reach this process: the relay publishes their ids, a consumer group shares them. */

import { setTimeout as sleep } from "node:timers/promises";
import {
  Admin,
  Consumer,
  type Message,
  type MessagesStream,
  Producer,
  stringDeserializers,
  stringSerializers,
} from "@platformatic/kafka";
import pLimit from "p-limit";
import type { Settings } from "../config/index.ts";
import { kindOf, log } from "../observability/logging.ts";
import { type Receive, type Transport, within } from "./broker-loop.ts";
import { Offsets } from "./offsets.ts";
import { BrokerUnavailable } from "./relay.ts";

// As many workers can share the topic; more than that stand by.
const PARTITIONS = 12;
const BROKERS_DEFAULT = -1;
const ALL_IN_SYNC = -1;
const REQUEST_MS = 5000;
const CLOSE_MS = 3000;
const RECONNECT_MS = 1000;
const COMMIT_MS = 1000;
// How soon the jobs of a worker that was killed are somebody else's.
const SESSION_MS = 6000;
// Ids that wait in this process for a place: to stop reading and to begin again costs a moment.
const BACKLOG = 100;
const WARNING_PAUSE_MS = 10_000;

type Text = Message<string, string, string, string>;
type Texts = MessagesStream<string, string, string, string>;
type TextConsumer = Consumer<string, string, string, string>;
type TextProducer = Producer<string, string, string, string>;

export const topicName = (settings: Settings): string => `${settings.serviceName}.jobs`;

export function connect(settings: Settings): Transport {
  return new Kafka(settings);
}

class Kafka implements Transport {
  readonly #settings: Settings;
  readonly #topic: string;
  readonly #places: ReturnType<typeof pLimit>;
  readonly #stopping = new AbortController();
  #producer: TextProducer | undefined;
  #stream: Texts | undefined;
  #ended: Promise<void> = Promise.resolve();
  #warnedAt = Number.NEGATIVE_INFINITY;

  constructor(settings: Settings) {
    this.#settings = settings;
    this.#topic = topicName(settings);
    this.#places = pLimit(settings.workerConcurrency);
  }

  readonly publish = async (jobIds: readonly string[]): Promise<void> => {
    const topic = this.#topic;
    const messages = jobIds.map((jobId) => ({ topic, key: jobId, value: jobId }));
    try {
      await within(REQUEST_MS * 2, this.#send(messages));
    } catch (error) {
      // At the first sign of trouble: the next time begins with a new producer.
      this.#producer?.close(true).catch(() => {});
      this.#producer = undefined;
      throw new BrokerUnavailable("", { cause: error });
    }
  };

  open(receive: Receive, brokerLost: () => void): void {
    this.#ended = this.#keepConsuming(receive, brokerLost);
  }

  async pause(): Promise<void> {
    this.#stopping.abort();
    this.#stream?.pause();
  }

  async close(): Promise<void> {
    // Reading ends, and with it the last commit is made.
    this.#stream?.destroy();
    await within(CLOSE_MS, this.#ended).catch(() => {});
    await within(CLOSE_MS, this.#producer?.close(true) ?? Promise.resolve()).catch(() => {});
  }

  async #send(messages: { topic: string; key: string; value: string }[]): Promise<void> {
    if (this.#producer === undefined) {
      // It may have come back empty, topic and all.
      await this.#makeTopic();
      this.#producer = new Producer({ ...this.#client(), serializers: stringSerializers });
    }
    await this.#producer.send({ messages, acks: ALL_IN_SYNC });
  }

  async #keepConsuming(receive: Receive, brokerLost: () => void): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      try {
        await this.#makeTopic();
        // A cluster that has come back may be another one under the same name: with a new consumer
        // nothing is left of the first.
        await this.#consume(receive, brokerLost);
      } catch (error) {
        this.#warn(error);
      }
      brokerLost();
      await sleep(RECONNECT_MS, undefined, { signal }).catch(() => {});
    }
  }

  /** Until the brokers are lost, or the worker stops. */
  async #consume(receive: Receive, brokerLost: () => void): Promise<void> {
    const consumer: TextConsumer = new Consumer({
      ...this.#client(),
      groupId: this.#topic,
      deserializers: stringDeserializers,
      sessionTimeout: SESSION_MS,
      heartbeatInterval: SESSION_MS / 3,
    });
    const offsets = new Offsets();
    try {
      const stream = await consumer.consume({
        topics: [this.#topic],
        mode: "committed",
        fallbackMode: "earliest",
        autocommit: false,
      });
      this.#stream = stream;
      // Announced to a group that nobody was in: they are in the topic, but say it again.
      brokerLost();
      const committing = setInterval(() => this.#commit(consumer, offsets), COMMIT_MS);
      try {
        for await (const message of stream) await this.#begin(message, receive, offsets);
      } finally {
        clearInterval(committing);
        await within(CLOSE_MS, this.#commit(consumer, offsets)).catch(() => {});
      }
    } finally {
      this.#stream = undefined;
      await within(CLOSE_MS, consumer.close(true)).catch(() => {});
    }
  }

  async #begin(message: Text, receive: Receive, offsets: Offsets): Promise<void> {
    const { partition, offset, value } = message;
    offsets.begin(partition, offset);
    const run = this.#places(async () => {
      if (await receive(value)) offsets.end(partition, offset);
    });
    if (this.#places.pendingCount >= BACKLOG) await run;
  }

  async #commit(consumer: TextConsumer, offsets: Offsets): Promise<void> {
    const topic = this.#topic;
    const moved = [...offsets.take()].map(([partition, offset]) => ({
      topic,
      partition,
      offset,
      leaderEpoch: -1,
    }));
    // A commit that is lost costs nothing: what comes again is no longer to be had.
    if (moved.length > 0) await consumer.commit({ offsets: moved }).catch(() => {});
  }

  /** Create the topic unless it is there. */
  async #makeTopic(): Promise<void> {
    const admin = new Admin(this.#client());
    const topics = [{ topic: this.#topic, partitions: PARTITIONS, replicas: BROKERS_DEFAULT }];
    try {
      await within(REQUEST_MS, admin.createTopics({ topics }));
    } catch (error) {
      if (!isThere(error)) throw error;
    } finally {
      admin.close().catch(() => {});
    }
  }

  #client() {
    return {
      clientId: this.#settings.serviceName,
      bootstrapBrokers: this.#settings.brokerUrl,
      connectTimeout: REQUEST_MS,
      timeout: REQUEST_MS,
      retries: 1,
    };
  }

  #warn(error: unknown): void {
    const now = performance.now();
    if (this.#stopping.signal.aborted || now - this.#warnedAt < WARNING_PAUSE_MS) return;
    this.#warnedAt = now;
    log.warn({ error: kindOf(error) }, "broker_unavailable");
  }
}

/** Whether the error is that the topic exists already. */
function isThere(error: unknown): boolean {
  const { findBy } = error as { findBy?: (name: string, value: string) => unknown };
  return findBy?.call(error, "apiId", "TOPIC_ALREADY_EXISTS") != null;
}
