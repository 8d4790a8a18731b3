/**
 * The life of a job's row once a worker has claimed it.
 *
 * `queued` → `running` → `succeeded`; or back to `queued` for a later try; or `dead` after the last.
 * Every write names the claim it belongs to, so that a worker that has lost its claim changes
 * nothing: each function returns whether the claim still held.
 */

import { type RawBuilder, sql } from "kysely";
import type { Connection } from "../db.ts";
import { uuid7 } from "../ids.ts";
import type { JobCounts } from "../observability/metrics.ts";
import type { JobType } from "./types.ts";

const MAX_ERROR_LENGTH = 500;

/** A job that this process has claimed; `locked_by` and `attempts` are its proof. */
export interface ClaimedJob {
  readonly id: string;
  readonly type: string;
  readonly payload: unknown;
  readonly user_id: string | null;
  readonly attempts: number;
  readonly max_attempts: number;
  readonly locked_by: string;
  readonly traceparent: string | null;
}

export const CLAIMED_COLUMNS = sql.raw(
  "id, type, payload, user_id, attempts, max_attempts, locked_by, traceparent",
);

/** The request that enqueued the job, if its payload says so. */
export function requestIdOf(job: ClaimedJob): string | undefined {
  const { payload } = job;
  if (typeof payload !== "object" || payload === null || !("request_id" in payload)) {
    return undefined;
  }
  return typeof payload.request_id === "string" ? payload.request_id : undefined;
}

export function succeed(
  connection: Connection,
  job: ClaimedJob,
  result: unknown,
): Promise<boolean> {
  const stored = result === undefined ? null : JSON.stringify(result);
  return settle(
    connection,
    job,
    sql`status = 'succeeded', result = ${stored}, last_error = NULL, finished_at = now(),
        locked_until = NULL`,
  );
}

/** `delay` is in seconds. */
export function retryLater(
  connection: Connection,
  job: ClaimedJob,
  error: string,
  delay: number,
): Promise<boolean> {
  return settle(
    connection,
    job,
    sql`status = 'queued', run_at = now() + make_interval(secs => ${delay}),
        last_error = ${storable(error)}, locked_until = NULL, locked_by = NULL`,
  );
}

export function bury(connection: Connection, job: ClaimedJob, error: string): Promise<boolean> {
  return settle(
    connection,
    job,
    sql`status = 'dead', last_error = ${storable(error)}, finished_at = now(),
        locked_until = NULL`,
  );
}

/** Undo the claim: the attempt does not count. */
export function giveBack(connection: Connection, job: ClaimedJob): Promise<boolean> {
  return settle(
    connection,
    job,
    sql`status = 'queued', attempts = attempts - 1, run_at = now(), locked_until = NULL,
        locked_by = NULL`,
  );
}

export async function enqueue(
  connection: Connection,
  type: JobType,
  maxAttempts: number,
): Promise<string> {
  const id = uuid7();
  await connection.insertInto("jobs").values({ id, type, max_attempts: maxAttempts }).execute();
  return id;
}

/** Queue a dead job again; false if there is no dead job with this id. */
export async function revive(connection: Connection, jobId: string): Promise<boolean> {
  const revived = await sql`
    UPDATE jobs SET status = 'queued', attempts = 0, run_at = now(), finished_at = NULL,
                    locked_until = NULL, locked_by = NULL
     WHERE id = ${jobId} AND status = 'dead' RETURNING id
  `.execute(connection);
  return revived.rows.length === 1;
}

export async function count(connection: Connection): Promise<JobCounts> {
  const { rows } = await sql<JobCounts>`
    SELECT count(*) FILTER (WHERE status <> 'dead')::int AS pending,
           count(*) FILTER (WHERE status = 'dead')::int AS dead,
           coalesce(extract(epoch FROM now() - min(run_at)
                    FILTER (WHERE status = 'queued' AND run_at <= now())), 0)::float8 AS age
      FROM jobs WHERE status IN ('queued', 'running', 'dead')
  `.execute(connection);
  return rows[0] ?? { pending: 0, dead: 0, age: 0 };
}

async function settle(
  connection: Connection,
  job: ClaimedJob,
  changes: RawBuilder<unknown>,
): Promise<boolean> {
  const settled = await sql`
    UPDATE jobs SET ${changes}
     WHERE id = ${job.id} AND locked_by = ${job.locked_by} AND attempts = ${job.attempts}
       AND status = 'running' RETURNING id
  `.execute(connection);
  return settled.rows.length === 1;
}

function storable(error: string): string {
  return error.replaceAll("\0", "").toWellFormed().slice(0, MAX_ERROR_LENGTH).toWellFormed();
}
