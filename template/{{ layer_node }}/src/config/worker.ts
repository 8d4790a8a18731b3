/** Settings of background jobs and the worker that runs them. */

import { z } from "zod";
import type { Values } from "./loading.ts";
import { count, seconds, url, wholeSeconds } from "./variables.ts";

export const workerSettings = (_production: boolean) => ({
  smtpUrl: url("smtp", "smtps"),
  mailFrom: z.string().regex(/^[^@\s]+@[^@\s]+$/, "must be an email address"),

  jobMaxAttempts: count().default(15),
  jobBackoffBase: seconds().default(5),
  jobBackoffMax: seconds().default(3_600),
  jobTimeout: seconds().default(60),
  jobLease: seconds().default(90),
  jobRetention: wholeSeconds().default(604_800),
  purgeInterval: wholeSeconds().default(3_600),
  workerConcurrency: count().default(10),
});

export type WorkerSettings = Values<ReturnType<typeof workerSettings>>;

export function relateWorker(values: Partial<WorkerSettings>): { jobLease?: string } {
  // A lease that ends before the job may is a job that two workers run at once.
  const { jobLease, jobTimeout } = values;
  return jobLease !== undefined && jobTimeout !== undefined && jobLease <= jobTimeout
    ? { jobLease: "must be longer than JOB_TIMEOUT" }
    : {};
}
