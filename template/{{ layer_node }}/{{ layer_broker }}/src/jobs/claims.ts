/** From a message to a run: claims the job that the message names, if it is still to be had. */

import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { sql } from "kysely";
import { Unavailable } from "../errors.ts";
import type { Runtime } from "./runtime.ts";
import { CLAIMED_COLUMNS, type ClaimedJob } from "./store.ts";

const PAUSE_WITHOUT_DATABASE_MS = 500;

/** The worker takes no more jobs: the message is somebody else's. */
export class Stopping extends Error {}

/** Runs the jobs that messages name, and gives back at the end what does not end in time. */
export class Claims {
  readonly #runtime: Runtime;
  readonly #worker: string;
  readonly #running = new Map<ClaimedJob, Promise<void>>();
  readonly #givenUp = Promise.withResolvers<void>();
  #claiming = 0;
  #endsAt: number | undefined;

  constructor(runtime: Runtime) {
    this.#runtime = runtime;
    this.#worker = `${runtime.settings.serviceName}-${randomUUID()}`;
  }

  /** Claim nothing more. */
  stop(): void {
    this.#endsAt ??= performance.now() + this.#runtime.settings.shutdownTimeout * 1000;
  }

  /**
   * Resolves when the job is settled or given back, or when it is not to be had; the latter makes
   * the message a duplicate, to be forgotten. Raises Stopping if the job was not claimed because
   * the worker is about to end.
   */
  async run(jobId: string): Promise<void> {
    const job = await this.#claim(jobId);
    if (job === undefined) return;
    const ended = this.#runtime.runner.run(job).finally(() => this.#running.delete(job));
    this.#running.set(job, ended);
    await Promise.race([ended, this.#givenUp.promise]);
  }

  /** Let the running jobs end if they do so in time, and give back those that do not. */
  async finish(): Promise<void> {
    this.stop();
    const left = () => (this.#endsAt ?? 0) - performance.now();
    while ((this.#running.size > 0 || this.#claiming > 0) && left() > 0) {
      await Promise.race([...this.#running.values(), sleep(Math.min(100, left()))]);
    }
    const { runner } = this.#runtime;
    runner.close();
    // Without a database there is no giving back: the lease does it.
    await Promise.allSettled([...this.#running.keys()].map((job) => runner.giveBack(job)));
    this.#givenUp.resolve();
  }

  async #claim(jobId: string): Promise<ClaimedJob | undefined> {
    while (this.#endsAt === undefined) {
      this.#claiming += 1;
      try {
        return await this.#claimOnce(jobId);
      } catch (error) {
        if (!(error instanceof Unavailable)) throw error;
      } finally {
        this.#claiming -= 1;
      }
      // Whatever is announced meanwhile would meet the same fate.
      await sleep(PAUSE_WITHOUT_DATABASE_MS);
    }
    throw new Stopping();
  }

  async #claimOnce(jobId: string): Promise<ClaimedJob | undefined> {
    const { db, settings } = this.#runtime;
    // A lease that has ended is claimed like a queued job: its worker is gone.
    const { rows } = await sql<ClaimedJob>`
      UPDATE jobs SET status = 'running', attempts = attempts + 1, locked_by = ${this.#worker},
                      locked_until = now() + make_interval(secs => ${settings.jobLease})
       WHERE id = (SELECT id FROM jobs
                    WHERE id = ${jobId}
                      AND ((status = 'queued' AND run_at <= now())
                        OR (status = 'running' AND locked_until < now()))
                      FOR UPDATE SKIP LOCKED)
      RETURNING ${CLAIMED_COLUMNS}
    `.execute(db.query);
    return rows[0];
  }
}
