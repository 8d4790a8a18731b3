/** What a handler is given, and which handler runs which job. */

import type { Settings } from "../config/index.ts";
import type { Database } from "../db.ts";
import type { ClaimedJob } from "./store.ts";

export interface Resources {
  readonly settings: Settings;
  readonly db: Database;
  /** Aborted when the job's time is over; everything that may take long has to heed it. */
  readonly signal: AbortSignal;
}

/** A handler may run more than once for one job: its effect has to bear that. It returns what the
 * job's owner may see as its result. */
export type Handler = (job: ClaimedJob, resources: Resources) => Promise<unknown>;
export type Registry = Readonly<Record<string, Handler>>;

/** Raised by a handler when trying the same job again cannot help. */
export class HopelessJob extends Error {
  override name = "HopelessJob";
}
