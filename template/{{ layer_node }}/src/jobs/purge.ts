/** Deleting what nobody needs any more, a bounded number of rows at a time. */

import { type RawBuilder, sql } from "kysely";
import type { Connection } from "../db.ts";
import { EXPIRING_TABLES } from "./expiring.ts";

const BATCH = 5_000;

/** Rows deleted by table; `retention` of finished jobs is in seconds. */
export async function purge(
  connection: Connection,
  retention: number,
  signal: AbortSignal,
): Promise<Record<string, number>> {
  const deleted: Record<string, number> = {};
  for (const table of EXPIRING_TABLES) {
    deleted[table] = await deleteAll(connection, signal, table, sql`expires_at < now()`);
  }
  // Dead jobs stay until somebody has looked at them.
  const finished = sql`
    finished_at < now() - make_interval(secs => ${retention}) AND status = 'succeeded'`;
  deleted["jobs"] = await deleteAll(connection, signal, "jobs", finished);
  return deleted;
}

async function deleteAll(
  connection: Connection,
  signal: AbortSignal,
  name: string,
  condition: RawBuilder<unknown>,
): Promise<number> {
  const table = sql.table(name);
  for (let total = 0; ; ) {
    signal.throwIfAborted();
    const { rows } = await sql<{ deleted: number }>`
      WITH gone AS (
        DELETE FROM ${table} WHERE ctid = ANY (ARRAY(
          SELECT ctid FROM ${table} WHERE ${condition} LIMIT ${BATCH} FOR UPDATE SKIP LOCKED))
        RETURNING 1)
      SELECT count(*)::int AS deleted FROM gone
    `.execute(connection);
    const deleted = rows[0]?.deleted ?? 0;
    total += deleted;
    if (deleted < BATCH) return total;
  }
}
