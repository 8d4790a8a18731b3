/** How jobs reach this process: the relay publishes their ids, a quorum queue brings them. */

import { setTimeout as sleep } from "node:timers/promises";
import {
  type Channel,
  type ChannelModel,
  type ConfirmChannel,
  type ConsumeMessage,
  connect as dial,
  IllegalOperationError,
} from "amqplib";
import type { Settings } from "../config/index.ts";
import { kindOf, log } from "../observability/logging.ts";
import { type Receive, type Transport, within } from "./broker-loop.ts";
import { BrokerUnavailable } from "./relay.ts";

const CONNECT_MS = 3000;
const PUBLISH_MS = 5000;
const CLOSE_MS = 2000;
const RECONNECT_MS = 1000;
const HEARTBEAT_SECONDS = 10;
const WARNING_PAUSE_MS = 10_000;

export const queueName = (settings: Settings): string => `${settings.serviceName}.jobs`;

export function connect(settings: Settings): Transport {
  return new RabbitMQ(settings);
}

class RabbitMQ implements Transport {
  readonly #settings: Settings;
  readonly #queue: string;
  readonly #stopping = new AbortController();
  #publishing: { connection: ChannelModel; channel: ConfirmChannel } | undefined;
  #consuming: { connection: ChannelModel; channel: Channel; tag: string } | undefined;
  #warnedAt = Number.NEGATIVE_INFINITY;

  constructor(settings: Settings) {
    this.#settings = settings;
    this.#queue = queueName(settings);
  }

  readonly publish = async (jobIds: readonly string[]): Promise<void> => {
    try {
      await within(PUBLISH_MS, this.#publishAll(jobIds));
    } catch (error) {
      // At the first sign of trouble: the next time begins with a new connection.
      this.#publishing?.connection.close().catch(() => {});
      this.#publishing = undefined;
      throw new BrokerUnavailable("", { cause: error });
    }
  };

  open(receive: Receive, brokerLost: () => void): void {
    void this.#keepConsuming(receive, brokerLost);
  }

  async pause(): Promise<void> {
    this.#stopping.abort();
    const { channel, tag } = this.#consuming ?? {};
    if (channel && tag) await within(CLOSE_MS, channel.cancel(tag)).catch(() => {});
  }

  /** What is not acknowledged by now is given to another worker. */
  async close(): Promise<void> {
    const open = [this.#consuming?.connection, this.#publishing?.connection];
    const ends = open.map(async (connection) => connection?.close());
    await within(CLOSE_MS, Promise.allSettled(ends)).catch(() => {});
  }

  async #publishAll(jobIds: readonly string[]): Promise<void> {
    if (this.#publishing === undefined) {
      const connection = await this.#connect();
      const channel = await connection.createConfirmChannel();
      channel.on("error", () => {});
      this.#publishing = { connection, channel };
      connection.once("close", () => {
        if (this.#publishing?.connection === connection) this.#publishing = undefined;
      });
      // It may have come back empty, queue and all.
      await this.#assertQueue(channel);
    }
    const { channel } = this.#publishing;
    for (const jobId of jobIds) {
      channel.sendToQueue(this.#queue, Buffer.from(jobId), { persistent: true });
    }
    await channel.waitForConfirms();
  }

  async #keepConsuming(receive: Receive, brokerLost: () => void): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      try {
        await this.#consume(receive, brokerLost);
      } catch (error) {
        this.#warn(error);
      }
      brokerLost();
      await sleep(RECONNECT_MS, undefined, { signal }).catch(() => {});
    }
  }

  /** Until the connection is lost. */
  async #consume(receive: Receive, brokerLost: () => void): Promise<void> {
    const connection = await within(CONNECT_MS + CLOSE_MS, this.#connect());
    const closed = new Promise((resolve) => connection.once("close", resolve));
    const channel = await connection.createChannel();
    channel.on("error", () => {});
    await this.#assertQueue(channel);
    // As many as there are hands; the others wait in the queue, for any worker.
    await channel.prefetch(this.#settings.workerConcurrency);
    brokerLost();
    const { consumerTag: tag } = await channel.consume(this.#queue, (message) => {
      // Without a message the queue is gone: begin again.
      if (message === null) connection.close().catch(() => {});
      else void receive(message.content.toString()).then((done) => done && ack(channel, message));
    });
    this.#consuming = { connection, channel, tag };
    await closed;
  }

  async #connect(): Promise<ChannelModel> {
    const url = new URL(this.#settings.brokerUrl);
    url.searchParams.set("heartbeat", String(HEARTBEAT_SECONDS));
    const connection = await dial(url.href, { timeout: CONNECT_MS });
    // Whoever waits for it is told by "close".
    connection.on("error", () => {});
    return connection;
  }

  async #assertQueue(channel: Channel): Promise<void> {
    await channel.assertQueue(this.#queue, {
      durable: true,
      arguments: { "x-queue-type": "quorum" },
    });
  }

  #warn(error: unknown): void {
    const now = performance.now();
    if (now - this.#warnedAt < WARNING_PAUSE_MS) return;
    this.#warnedAt = now;
    log.warn({ error: kindOf(error) }, "broker_unavailable");
  }
}

/** On a connection that is on its way out: the broker gives the message to another worker. */
function ack(channel: Channel, message: ConsumeMessage): void {
  try {
    channel.ack(message);
  } catch (error) {
    if (!(error instanceof IllegalOperationError)) throw error;
  }
}
