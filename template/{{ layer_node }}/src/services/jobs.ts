/** Background work as requests start it and ask for it. */

import type { CoreSettings } from "../config/core.ts";
import type { WorkerSettings } from "../config/worker.ts";
import type { Connection, Database } from "../db.ts";
import { NotFound } from "../errors.ts";
import { uuid7 } from "../ids.ts";
import * as types from "../jobs/types.ts";
import type { Job } from "../models.ts";
import { currentScope } from "../observability/scope.ts";
import { currentTraceparent } from "../observability/tracing.ts";
import * as jobs from "../repositories/jobs.ts";

export class JobService {
  readonly #db: Database;
  readonly #maxAttempts: number;

  constructor(db: Database, settings: CoreSettings & WorkerSettings) {
    this.#db = db;
    this.#maxAttempts = settings.jobMaxAttempts;
  }

  /** Write the job in the caller's transaction: it exists if and only if that commits. */
  enqueue(
    connection: Connection,
    type: types.JobType,
    userId: string | null,
    dedupeKey: string | null = null,
  ): Promise<Job | undefined> {
    const requestId = currentScope()?.fields.request_id;
    return jobs.add(connection, {
      id: uuid7(),
      type,
      payload: requestId === undefined ? {} : { request_id: requestId },
      userId,
      dedupeKey,
      maxAttempts: this.#maxAttempts,
      traceparent: currentTraceparent(),
    });
  }

  /** The user's export: a new one, or the one that is already under way. */
  async exportPosts(userId: string): Promise<Job> {
    const dedupeKey = `${types.EXPORT_POSTS}:${userId}`;
    for (;;) {
      const job =
        (await this.enqueue(this.#db.query, types.EXPORT_POSTS, userId, dedupeKey)) ??
        // The active one may finish between the two statements; then there is room again.
        (await jobs.getActive(this.#db.query, dedupeKey));
      if (job) return job;
    }
  }

  async get(jobId: string, userId: string): Promise<Job> {
    const job = await jobs.getOf(this.#db.query, jobId, userId);
    if (job === undefined) throw new NotFound();
    return job;
  }
}
