/** Settings of the job queue: PostgreSQL itself, so nothing beside the worker's own. */

export { workerSettings as jobSettings } from "./worker.ts";
