/**
 * From the table to the broker: announces the ids of jobs that are due.
 *
 * The row is the job; a message only says "look at this one". So a message may be lost, late or
 * double, and the broker may come back empty: whatever is still due is announced again.
 */

import { setTimeout as sleep } from "node:timers/promises";
import type { Settings } from "../config/index.ts";
import { Unavailable } from "../errors.ts";
import { described, kindOf, log } from "../observability/logging.ts";
import { Announcements, type Due } from "./announcements.ts";
import { Leader } from "./leader.ts";

const TURN_MS = 300;
const WARNING_PAUSE_MS = 10_000;
const BATCH = 500;

// A lease that has ended is due like a queued job: its worker is gone.
const DUE = `
SELECT id, attempts FROM jobs
 WHERE (status = 'queued' AND run_at <= now()) OR (status = 'running' AND locked_until < now())
 ORDER BY run_at LIMIT $1
`;

/** The broker has not confirmed what it was given. */
export class BrokerUnavailable extends Error {}

/** Resolves once the broker has confirmed every id, or raises BrokerUnavailable in bounded time. */
export type Publish = (jobIds: readonly string[]) => Promise<void>;

/** Announces due jobs while it is the only one of all workers to do so. */
export class Relay {
  readonly #leader: Leader;
  readonly #publish: Publish;
  readonly #turn: () => Promise<void>;
  readonly #announced = new Announcements();
  readonly #stopping = new AbortController();
  #brokerLost = false;
  #turnedAt = performance.now();
  #warnedAt = Number.NEGATIVE_INFINITY;

  /** `turn` is called every time the loop turns, in every worker. */
  constructor(settings: Settings, publish: Publish, turn: () => Promise<void>) {
    this.#leader = new Leader(settings);
    this.#publish = publish;
    this.#turn = turn;
  }

  async run(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      this.#turnedAt = performance.now();
      try {
        await this.#turn();
        await this.#announce();
      } catch (error) {
        this.#explain(error);
      }
      await sleep(TURN_MS, undefined, { signal }).catch(() => {});
    }
    this.#leader.resign();
  }

  /** Announce nothing more, and let another worker do it. */
  stop(): void {
    this.#stopping.abort();
  }

  /** Seconds since the loop last turned. */
  stalledFor(): number {
    return (performance.now() - this.#turnedAt) / 1000;
  }

  /** What was announced may be gone: announce everything that is due again, at once. */
  brokerLost(): void {
    this.#brokerLost = true;
  }

  async #announce(): Promise<void> {
    const due = await this.#leader.query<{ id: string; attempts: number }>(DUE, [BATCH]);
    if (due === undefined || this.#brokerLost) {
      this.#brokerLost = false;
      this.#announced.clear();
    }
    const fresh: Due[] = this.#announced.select(due ?? []);
    if (fresh.length > 0) {
      await this.#publish(fresh.map((job) => job.id));
      this.#announced.note(fresh);
    }
  }

  #explain(error: unknown): void {
    if (error instanceof BrokerUnavailable) this.brokerLost();
    const now = performance.now();
    if (now - this.#warnedAt < WARNING_PAUSE_MS) return;
    this.#warnedAt = now;
    if (error instanceof BrokerUnavailable) {
      log.warn({ error: kindOf(error.cause) }, "broker_unavailable");
    } else if (error instanceof Unavailable) {
      log.warn({ error: kindOf(error.cause) }, "database_unavailable");
    } else {
      log.error(described(error), "relay_failed");
    }
  }
}
