/** What every worker has around the loop that brings its jobs: database, probes, metrics. */

import { AdminServer, type Reply } from "../admin.ts";
import type { Settings } from "../config/index.ts";
import { Database } from "../db.ts";
import * as logging from "../observability/logging.ts";
import { kindOf, log } from "../observability/logging.ts";
import * as metrics from "../observability/metrics.ts";
import * as tracing from "../observability/tracing.ts";
import { HANDLERS } from "./handlers.ts";
import type { Registry } from "./registry.ts";
import { Runner } from "./runner.ts";
import { Scheduler } from "./schedule.ts";
import * as store from "./store.ts";

const STALLED_SECONDS = 60;
const READY_MS = 2000;
const CONNECTIONS_BESIDE_JOBS = 2; // the loop that claims them, and the probes

/** Brings jobs to the runner. */
export interface Loop {
  /** Resolves when it was told to stop and every running job has ended or was given back. */
  run(): Promise<void>;
  /** Take no more jobs. */
  stop(): void;
  /** Seconds since the loop last turned. */
  stalledFor(): number;
}

/** The parts of a worker that are the same whichever way its jobs come. */
export class Runtime {
  readonly settings: Settings;
  readonly db: Database;
  readonly runner: Runner;
  readonly scheduler: Scheduler;

  constructor(settings: Settings, handlers: Registry = HANDLERS) {
    const most = Math.min(settings.dbPoolMax, settings.workerConcurrency + CONNECTIONS_BESIDE_JOBS);
    this.settings = settings;
    this.db = new Database(settings, most);
    this.runner = new Runner(this.db, settings, handlers);
    this.scheduler = new Scheduler(this.db, settings);
  }
}

/** Run a loop until SIGTERM or Ctrl-C, then end the process. */
export async function run(settings: Settings, build: (runtime: Runtime) => Loop): Promise<void> {
  logging.configure(settings);
  metrics.watchProcess();
  await tracing.configure(settings);
  const runtime = new Runtime(settings);
  const loop = build(runtime);
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => loop.stop());
  const admin = new AdminServer(settings.host, settings.adminPort, {
    "/healthz": () => live(loop.stalledFor()),
    "/readyz": () => ready(runtime.db),
  });
  metrics.registerJobGauges(() => store.count(runtime.db.query));
  try {
    await admin.open();
  } catch (error) {
    log.error({ port: settings.adminPort, error: kindOf(error) }, "admin_port_unavailable");
    process.exit(1);
  }
  log.info({ concurrency: settings.workerConcurrency }, "worker_started");
  await loop.run();
  log.info("worker_stopped");
  admin.close();
  await runtime.db.close();
  await tracing.shutdown();
  // A handler that was given up on may still be waiting for something.
  process.exit(0);
}

function live(stalledSeconds: number): Reply {
  return stalledSeconds > STALLED_SECONDS
    ? { status: 503, body: { status: "stalled" } }
    : { status: 200, body: { status: "ok" } };
}

async function ready(db: Database): Promise<Reply> {
  try {
    await db.ping(READY_MS);
  } catch {
    return { status: 503, body: { status: "unavailable", checks: { postgres: "unavailable" } } };
  }
  return { status: 200, body: { status: "ok", checks: { postgres: "ok" } } };
}
