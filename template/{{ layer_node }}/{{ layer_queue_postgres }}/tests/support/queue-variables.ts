/** What the tests have to know of the job queue: its variables, and the loop of its worker. */

import type { Loop, Runtime } from "../../src/jobs/runtime.ts";
import { Poller } from "../../src/jobs/transport.ts";

export const QUEUE_VARIABLES = {};

export const buildLoop = (runtime: Runtime): Loop => new Poller(runtime);
