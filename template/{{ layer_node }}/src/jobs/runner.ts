/** One run of a claimed job, from its handler to the row that says how it ended. */

import { setTimeout as sleep } from "node:timers/promises";
import type { Settings } from "../config/index.ts";
import type { Database } from "../db.ts";
import { Unavailable } from "../errors.ts";
import { described, log } from "../observability/logging.ts";
import { jobDuration, jobsProcessed } from "../observability/metrics.ts";
import { type Scope, within } from "../observability/scope.ts";
import { inConsumerSpan } from "../observability/tracing.ts";
import { retryDelay } from "./backoff.ts";
import { HopelessJob, type Registry } from "./registry.ts";
import * as store from "./store.ts";

const SETTLE_PAUSE_MS = 500;

/** Marks the span of a run that failed; the failure is settled and logged by then. */
class JobFailed extends Error {}

/** Runs jobs and settles each, whatever its handler does. */
export class Runner {
  readonly #db: Database;
  readonly #settings: Settings;
  readonly #handlers: Registry;
  readonly #closed = new AbortController();

  constructor(db: Database, settings: Settings, handlers: Registry) {
    this.#db = db;
    this.#settings = settings;
    this.#handlers = handlers;
  }

  /** Resolves once the job's row says how the run ended. Never rejects. */
  async run(job: store.ClaimedJob): Promise<void> {
    await within(scopeOf(job), async () => {
      try {
        await inConsumerSpan(job, () => this.#attempt(job));
      } catch (error) {
        if (!(error instanceof JobFailed)) log.error(described(error), "job_not_settled");
      }
    });
  }

  /** Put an unfinished job back at once; what its handler still says is ignored. */
  async giveBack(job: store.ClaimedJob): Promise<void> {
    const given = await store.giveBack(this.#db.query, job);
    if (given) within(scopeOf(job), () => log.warn("job_given_back"));
  }

  /** Stop waiting for a database that is away: the process is about to end. */
  close(): void {
    this.#closed.abort();
  }

  async #attempt(job: store.ClaimedJob): Promise<void> {
    if (job.attempts > job.max_attempts) {
      // Every worker that tried has died of it, or has lost its lease.
      await this.#bury(job, "the last attempt never ended");
      throw new JobFailed();
    }
    const startedAt = performance.now();
    const seconds = () => (performance.now() - startedAt) / 1000;
    let result: unknown;
    try {
      result = await this.#inTime(job);
    } catch (error) {
      await this.#fail(job, error);
      throw new JobFailed();
    } finally {
      jobDuration.observe({ job_type: this.#label(job) }, seconds());
    }
    if (await this.#settle(() => store.succeed(this.#db.query, job, result))) {
      this.#count(job, "succeeded");
      log.info({ duration_ms: Math.round(seconds() * 10_000) / 10 }, "job_succeeded");
    }
  }

  /** What the handler returns. It should give up by itself when the signal says so; whether it does
   * or not, this does before the lease ends. */
  async #inTime(job: store.ClaimedJob): Promise<unknown> {
    const { jobTimeout, jobLease } = this.#settings;
    const ended = new AbortController();
    const overdue = async () => {
      await sleep(((jobTimeout + jobLease) / 2) * 1000, undefined, { signal: ended.signal });
      throw new Error(`no result after ${jobTimeout} seconds`);
    };
    try {
      return await Promise.race([this.#handle(job), overdue()]);
    } finally {
      ended.abort();
    }
  }

  async #handle(job: store.ClaimedJob): Promise<unknown> {
    const handler = Object.hasOwn(this.#handlers, job.type) && this.#handlers[job.type];
    // Tried again like any other: a newer release may already know this type.
    if (!handler) throw new Error("no handler for this type of job");
    const { payload } = job;
    if (typeof payload !== "object" || payload === null || Array.isArray(payload)) {
      throw new HopelessJob("the payload is not an object");
    }
    const signal = AbortSignal.timeout(this.#settings.jobTimeout * 1000);
    return handler(job, { settings: this.#settings, db: this.#db, signal });
  }

  async #fail(job: store.ClaimedJob, error: unknown): Promise<void> {
    const reason = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    if (job.attempts >= job.max_attempts || error instanceof HopelessJob) {
      await this.#bury(job, reason);
      return;
    }
    const { jobBackoffBase, jobBackoffMax } = this.#settings;
    const delay = retryDelay(job.attempts, jobBackoffBase, jobBackoffMax);
    if (await this.#settle(() => store.retryLater(this.#db.query, job, reason, delay))) {
      this.#count(job, "retried");
      log.warn({ error: reason, delay_s: Math.round(delay * 1000) / 1000 }, "job_retried");
    }
  }

  async #bury(job: store.ClaimedJob, reason: string): Promise<void> {
    if (await this.#settle(() => store.bury(this.#db.query, job, reason))) {
      this.#count(job, "dead");
      log.error({ error: reason }, "job_dead");
    }
  }

  /**
   * Write how the run ended, however long the database stays away.
   *
   * False if the claim was lost meanwhile, or if the process ends first: the lease then decides who
   * runs the job next.
   */
  async #settle(write: () => Promise<boolean>): Promise<boolean> {
    const { signal } = this.#closed;
    while (!signal.aborted) {
      try {
        const settled = await write();
        if (!settled) log.warn("job_claim_lost");
        return settled;
      } catch (error) {
        if (!(error instanceof Unavailable)) throw error;
        await sleep(SETTLE_PAUSE_MS, undefined, { signal }).catch(() => {});
      }
    }
    return false;
  }

  #count(job: store.ClaimedJob, outcome: "succeeded" | "retried" | "dead"): void {
    jobsProcessed.inc({ job_type: this.#label(job), outcome });
  }

  /** Whatever may be in the table, the number of series stays that of the handlers. */
  #label(job: store.ClaimedJob): string {
    return Object.hasOwn(this.#handlers, job.type) ? job.type : "unknown";
  }
}

function scopeOf(job: store.ClaimedJob): Scope {
  const requestId = store.requestIdOf(job);
  return {
    fields: {
      job_id: job.id,
      job_type: job.type,
      attempt: job.attempts,
      ...(requestId !== undefined && { request_id: requestId }),
    },
  };
}
