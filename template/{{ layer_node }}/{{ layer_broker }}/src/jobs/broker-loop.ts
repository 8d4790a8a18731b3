/** A worker's loop around a broker: the relay publishes ids, the broker brings them, claims run. */

import { parseUuid } from "../ids.ts";
import { described, log } from "../observability/logging.ts";
import { Claims, Stopping } from "./claims.ts";
import { type Publish, Relay } from "./relay.ts";
import type { Loop, Runtime } from "./runtime.ts";

/** Whether the message is done with. If not, the broker gives it to another worker. */
export type Receive = (jobId: string) => Promise<boolean>;

/** How a job's id reaches a worker. Nothing connects before it is asked to. */
export interface Transport {
  readonly publish: Publish;
  /** Bring ids, as many at once as the worker has hands, whether or not the broker is there. */
  open(receive: Receive, brokerLost: () => void): void;
  /** Bring no more. */
  pause(): Promise<void>;
  /** Tell the broker what is done with, and leave; in bounded time. */
  close(): Promise<void>;
}

export class BrokerLoop implements Loop {
  readonly #claims: Claims;
  readonly #relay: Relay;
  readonly #transport: Transport;
  readonly #stopped = Promise.withResolvers<void>();

  constructor(runtime: Runtime, transport: Transport) {
    this.#claims = new Claims(runtime);
    this.#transport = transport;
    this.#relay = new Relay(
      runtime.settings,
      (jobIds) => transport.publish(jobIds),
      () => runtime.scheduler.turn(),
    );
  }

  stop(): void {
    this.#claims.stop();
    this.#relay.stop();
    this.#stopped.resolve();
  }

  stalledFor(): number {
    return this.#relay.stalledFor();
  }

  async run(): Promise<void> {
    this.#transport.open(
      (jobId) => this.#receive(jobId),
      () => this.#relay.brokerLost(),
    );
    const relayed = this.#relay.run();
    await this.#stopped.promise;
    await this.#transport.pause();
    await this.#claims.finish();
    await this.#transport.close();
    await relayed;
  }

  async #receive(text: string): Promise<boolean> {
    const jobId = parseUuid(text);
    if (jobId === undefined) {
      log.warn("message_ignored");
      return true;
    }
    try {
      await this.#claims.run(jobId);
      return true;
    } catch (error) {
      if (error instanceof Stopping) return false;
      // Of the message, that is; the job itself is settled by the runner, or by its lease.
      log.error({ job_id: jobId, ...described(error) }, "message_failed");
      return true;
    }
  }
}

/** The work's outcome, or a rejection when it takes too long. */
export async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error("no answer in time")), ms);
  });
  work.catch(() => {});
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
