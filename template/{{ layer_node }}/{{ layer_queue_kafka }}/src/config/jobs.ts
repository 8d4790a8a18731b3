/** Settings of the job queue: Kafka carries the jobs' ids to the workers. */

import { z } from "zod";
import { workerSettings } from "./worker.ts";

const SCHEME = "kafka://";
const BROKERS = /^kafka:\/\/[\w.-]+:\d{1,5}(,[\w.-]+:\d{1,5})*$/;

export const jobSettings = (production: boolean) => ({
  ...workerSettings(production),
  /** As a list of host:port. */
  brokerUrl: z
    .string()
    .regex(BROKERS, "must be like kafka://host:9092 or kafka://host:9092,other:9092")
    .transform((value) => value.slice(SCHEME.length).split(",")),
});
