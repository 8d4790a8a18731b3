/** What the tests have to know of the job queue: its variables, and the loop of its worker. */

import { randomUUID } from "node:crypto";
import { BrokerLoop } from "../../src/jobs/broker-loop.ts";
import type { Loop, Runtime } from "../../src/jobs/runtime.ts";
import { connect } from "../../src/jobs/transport.ts";
import { USUAL_BROKER } from "./broker-url.ts";

export const QUEUE_VARIABLES = {
  BROKER_URL: process.env["TEST_BROKER_URL"] || process.env["BROKER_URL"] || USUAL_BROKER,
  // The queue is named after the service: each file of tests has its own.
  SERVICE_NAME: `test-${randomUUID()}`,
};

export const buildLoop = (runtime: Runtime): Loop =>
  new BrokerLoop(runtime, connect(runtime.settings));
