/**
 * `make jobs-retry ID=…`: queue a dead job again.
 *
 * Exit code 0 if it is queued; 1 if it cannot be, 2 for wrong usage.
 */

import { loadSettingsOrExit } from "../config/index.ts";
import { Database, isDuplicate } from "../db.ts";
import { Unavailable } from "../errors.ts";
import { parseUuid } from "../ids.ts";
import * as logging from "../observability/logging.ts";
import { kindOf, log } from "../observability/logging.ts";
import * as store from "./store.ts";

/** Why the job that `text` names cannot be queued again, or undefined: it has been. */
export async function retry(db: Database, text: string): Promise<string | undefined> {
  const jobId = parseUuid(text);
  if (jobId === undefined) return "not the id of a job";
  try {
    return (await store.revive(db.query, jobId)) ? undefined : "no dead job has this id";
  } catch (error) {
    if (isDuplicate(error)) return "a job with the same dedupe key is queued or running";
    if (error instanceof Unavailable) return `the database is unavailable: ${kindOf(error.cause)}`;
    throw error;
  }
}

if (import.meta.main) {
  const settings = loadSettingsOrExit();
  logging.configure(settings);
  const [jobId = "", ...rest] = process.argv.slice(2);
  if (jobId === "" || rest.length > 0) {
    log.error({ reason: "give the id of one dead job: make jobs-retry ID=…" }, "job_not_queued");
    process.exit(2);
  }
  const db = new Database(settings);
  const reason = await retry(db, jobId);
  await db.close();
  if (reason === undefined) log.info({ job_id: jobId }, "job_queued");
  else log.error({ job_id: jobId, reason }, "job_not_queued");
  process.exit(reason === undefined ? 0 : 1);
}
