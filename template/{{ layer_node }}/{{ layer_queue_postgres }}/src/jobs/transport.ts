/** How jobs reach this process: it polls the table and claims one row at a time. */

import { randomUUID } from "node:crypto";
import { sql } from "kysely";
import { Unavailable } from "../errors.ts";
import { described, kindOf, log } from "../observability/logging.ts";
import type { Loop, Runtime } from "./runtime.ts";
import { CLAIMED_COLUMNS, type ClaimedJob } from "./store.ts";

const POLL_MS = 500;
const WARNING_PAUSE_MS = 10_000;

/** Claims jobs while it has hands free, and runs each until it is settled. */
export class Poller implements Loop {
  readonly #runtime: Runtime;
  readonly #worker: string;
  readonly #running = new Map<string, ClaimedJob>();
  #stopping = false;
  #wake = Promise.withResolvers<void>();
  #turnedAt = performance.now();
  #warnedAt = Number.NEGATIVE_INFINITY;

  constructor(runtime: Runtime) {
    this.#runtime = runtime;
    this.#worker = `${runtime.settings.serviceName}-${randomUUID()}`;
  }

  stop(): void {
    this.#stopping = true;
    this.#wake.resolve();
  }

  stalledFor(): number {
    return (performance.now() - this.#turnedAt) / 1000;
  }

  async run(): Promise<void> {
    while (!this.#stopping) {
      this.#turnedAt = performance.now();
      let claimed = false;
      try {
        await this.#runtime.scheduler.turn();
        claimed = await this.#claimNext();
      } catch (error) {
        this.#warn(error);
      }
      if (!claimed) await this.#rest(POLL_MS);
    }
    await this.#finish();
  }

  async #claimNext(): Promise<boolean> {
    const { db, settings } = this.#runtime;
    if (this.#running.size >= settings.workerConcurrency) return false;
    // A lease that has ended is claimed like a queued job: its worker is gone.
    const { rows } = await sql<ClaimedJob>`
      UPDATE jobs SET status = 'running', attempts = attempts + 1, locked_by = ${this.#worker},
                      locked_until = now() + make_interval(secs => ${settings.jobLease})
       WHERE id = (SELECT id FROM jobs
                    WHERE (status = 'queued' AND run_at <= now())
                       OR (status = 'running' AND locked_until < now())
                    ORDER BY run_at FOR UPDATE SKIP LOCKED LIMIT 1)
      RETURNING ${CLAIMED_COLUMNS}
    `.execute(db.query);
    const [job] = rows;
    if (job === undefined) return false;
    this.#running.set(job.id, job);
    void this.#run(job);
    return true;
  }

  async #run(job: ClaimedJob): Promise<void> {
    await this.#runtime.runner.run(job);
    // Its lease may have ended meanwhile, and the job be here again under a newer claim.
    if (this.#running.get(job.id) === job) this.#running.delete(job.id);
    this.#wake.resolve();
  }

  /** Let the running jobs end if they do so in time, and give back those that do not. */
  async #finish(): Promise<void> {
    const { runner, settings } = this.#runtime;
    const endsAt = performance.now() + settings.shutdownTimeout * 1000;
    while (this.#running.size > 0 && performance.now() < endsAt) {
      await this.#rest(Math.min(POLL_MS, endsAt - performance.now()));
    }
    runner.close();
    // Without a database there is no giving back: the lease does it.
    await Promise.allSettled([...this.#running.values()].map((job) => runner.giveBack(job)));
  }

  /** Until something has happened, or the time is over. */
  async #rest(ms: number): Promise<void> {
    const timer = setTimeout(() => this.#wake.resolve(), ms);
    await this.#wake.promise;
    clearTimeout(timer);
    this.#wake = Promise.withResolvers();
  }

  #warn(error: unknown): void {
    const now = performance.now();
    if (now - this.#warnedAt < WARNING_PAUSE_MS) return;
    this.#warnedAt = now;
    if (error instanceof Unavailable) {
      log.warn({ error: kindOf(error.cause) }, "database_unavailable");
    } else {
      log.error(described(error), "claim_failed");
    }
  }
}
