/** Metrics in Prometheus' terms; their names and labels are what dashboards and alerts rely on. */

import { Counter, collectDefaultMetrics, Gauge, Histogram, register } from "@prometheus-io/client";

export const CONTENT_TYPE = register.contentType;

export const httpDuration = new Histogram({
  name: "http_server_request_duration_seconds",
  help: "Time from the first byte of a request to the last of its response.",
  labelNames: ["http_request_method", "http_route", "http_response_status_code"] as const,
  buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
});
export const cacheRequests = new Counter({
  name: "cache_requests_total",
  help: "Look-ups in the cache.",
  labelNames: ["result"] as const,
});
export const rateLimitDecisions = new Counter({
  name: "rate_limit_decisions_total",
  help: "Decisions of the rate limiter.",
  labelNames: ["policy", "decision"] as const,
});
export const jobsProcessed = new Counter({
  name: "jobs_processed_total",
  help: "Runs of jobs that ended.",
  labelNames: ["job_type", "outcome"] as const,
});
export const jobDuration = new Histogram({
  name: "job_duration_seconds",
  help: "Time that one run of a job took.",
  labelNames: ["job_type"] as const,
  buckets: [0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60, 300],
});

// The library's spelling of it is not the format's, and a strict reader refuses the whole page.
const NOT_A_NUMBER = / Nan$/gm;
const KNOWN_METHODS = new Set("GET HEAD POST PUT PATCH DELETE OPTIONS TRACE CONNECT".split(" "));

/** Anybody may invent a method; a label must not grow with what they invent. */
export const methodLabel = (method: string): string =>
  KNOWN_METHODS.has(method) ? method : "_OTHER";

/** The queue as it stands: jobs by state, and the age in seconds of the oldest due one. */
export interface JobCounts {
  readonly pending: number;
  readonly dead: number;
  readonly age: number;
}

let refresh: () => Promise<void> = async () => {};

/** Expose the queue's state; `count` is called at every scrape. */
export function registerJobGauges(count: () => Promise<JobCounts>): void {
  const pending = new Gauge({ name: "jobs_pending", help: "Jobs queued or running." });
  const dead = new Gauge({ name: "jobs_dead", help: "Jobs that failed for good." });
  const age = new Gauge({
    name: "jobs_oldest_pending_age_seconds",
    help: "How long the oldest due job has been waiting.",
  });
  refresh = async () => {
    const unknown = { pending: Number.NaN, dead: Number.NaN, age: Number.NaN };
    const counts = await count().catch(() => unknown);
    pending.set(counts.pending);
    dead.set(counts.dead);
    age.set(counts.age);
  };
}

/** Also what the process itself is doing: memory, CPU, the event loop's delay. */
export const watchProcess = (): void => collectDefaultMetrics();

export async function exposition(): Promise<string> {
  await refresh();
  return (await register.metrics()).replace(NOT_A_NUMBER, " NaN");
}
