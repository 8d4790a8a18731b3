/** Jobs as requests see them: written in the transaction that causes them, and looked up. */

import { sql } from "kysely";
import type { Connection } from "../db.ts";
import type { Job } from "../models.ts";

const COLUMNS = [
  "id",
  "type",
  "status",
  "attempts",
  "created_at",
  "finished_at",
  "result",
] as const;

const ACTIVE = ["queued", "running"] as const;

export interface NewJob {
  readonly id: string;
  readonly type: string;
  readonly payload: Readonly<Record<string, unknown>>;
  readonly userId: string | null;
  readonly dedupeKey: string | null;
  readonly maxAttempts: number;
  readonly traceparent: string | null;
}

/** The new job, or undefined if one with the same `dedupeKey` is queued or running. */
export function add(connection: Connection, job: NewJob): Promise<Job | undefined> {
  return connection
    .insertInto("jobs")
    .values({
      id: job.id,
      type: job.type,
      payload: JSON.stringify(job.payload),
      user_id: job.userId,
      dedupe_key: job.dedupeKey,
      max_attempts: job.maxAttempts,
      traceparent: job.traceparent,
    })
    .onConflict((conflict) =>
      conflict
        .column("dedupe_key")
        .where(sql<boolean>`status in ('queued', 'running')`)
        .doNothing(),
    )
    .returning(COLUMNS)
    .executeTakeFirst();
}

export function getActive(connection: Connection, dedupeKey: string): Promise<Job | undefined> {
  return connection
    .selectFrom("jobs")
    .select(COLUMNS)
    .where("dedupe_key", "=", dedupeKey)
    .where("status", "in", ACTIVE)
    .executeTakeFirst();
}

export function getOf(
  connection: Connection,
  jobId: string,
  userId: string,
): Promise<Job | undefined> {
  return connection
    .selectFrom("jobs")
    .select(COLUMNS)
    .where("id", "=", jobId)
    .where("user_id", "=", userId)
    .executeTakeFirst();
}
