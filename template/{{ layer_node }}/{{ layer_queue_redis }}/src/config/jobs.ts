/** Settings of the job queue: a Redis of its own carries the jobs' ids to the workers. */

import { url } from "./variables.ts";
import { workerSettings } from "./worker.ts";

export const jobSettings = (production: boolean) => ({
  ...workerSettings(production),
  brokerUrl: url("redis", "rediss"),
});
