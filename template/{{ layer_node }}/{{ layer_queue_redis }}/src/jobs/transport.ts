/** How jobs reach this process: the relay adds their ids to a BullMQ queue, a BullMQ worker brings
 * them. */

import { Queue, type RedisOptions, UnrecoverableError, Worker } from "bullmq";
import type { Settings } from "../config/index.ts";
import { type Receive, type Transport, within } from "./broker-loop.ts";
import { BrokerUnavailable } from "./relay.ts";

const PUBLISH_MS = 5000;
const CLOSE_MS = 2000;
const RECONNECT_MS = 500;

interface Message {
  readonly jobId: string;
}

/** The queue's name, for whoever attaches a board. */
export const queueName = (settings: Settings): string => `${settings.serviceName}-jobs`;

export function connect(settings: Settings): Transport {
  return new BullMQ(settings);
}

class BullMQ implements Transport {
  readonly #settings: Settings;
  #queue: Queue<Message> | undefined;
  #worker: Worker<Message> | undefined;

  constructor(settings: Settings) {
    this.#settings = settings;
  }

  readonly publish = async (jobIds: readonly string[]): Promise<void> => {
    const messages = jobIds.map((jobId) => ({ name: "run", data: { jobId } }));
    this.#queue ??= openQueue(this.#settings);
    try {
      await within(PUBLISH_MS, this.#queue.addBulk(messages));
    } catch (error) {
      // With what it still holds back: the next time begins with a new connection.
      this.#queue.disconnect().catch(() => {});
      this.#queue = undefined;
      throw new BrokerUnavailable("", { cause: error });
    }
  };

  open(receive: Receive, brokerLost: () => void): void {
    this.#worker = new Worker<Message>(
      queueName(this.#settings),
      async ({ data }) => {
        // Kept from being tried again by BullMQ itself: the row says whether and when.
        if (!(await receive(data.jobId))) throw new UnrecoverableError("the worker stops");
      },
      {
        connection: connectionOf(this.#settings),
        concurrency: this.#settings.workerConcurrency,
      },
    );
    this.#worker.on("error", () => {});
    this.#worker.on("ioredis:close", brokerLost);
  }

  async pause(): Promise<void> {
    await within(CLOSE_MS, this.#worker?.pause(true) ?? Promise.resolve()).catch(() => {});
  }

  async close(): Promise<void> {
    const ends = [this.#worker?.close(), this.#queue?.close()];
    await within(CLOSE_MS, Promise.all(ends)).catch(() => {});
  }
}

function openQueue(settings: Settings): Queue<Message> {
  const queue = new Queue<Message>(queueName(settings), {
    connection: connectionOf(settings),
    // What is done with is the row's to remember.
    defaultJobOptions: { removeOnComplete: true, removeOnFail: true },
  });
  queue.on("error", () => {});
  return queue;
}

function connectionOf(settings: Settings): RedisOptions {
  return {
    url: settings.brokerUrl,
    maxRetriesPerRequest: null,
    retryStrategy: () => RECONNECT_MS,
  };
}
