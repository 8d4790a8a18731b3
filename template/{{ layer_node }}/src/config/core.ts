/** Settings that every process of the service needs. */

import { z } from "zod";
import { PROJECT_NAME } from "../project.ts";
import type { Values } from "./loading.ts";
import {
  count,
  flag,
  oneOf,
  origins,
  port,
  rateLimit,
  seconds,
  url,
  whole,
  wholeSeconds,
} from "./variables.ts";

export const coreSettings = (production: boolean) => ({
  appEnv: oneOf("development", "test", "production").default("production"),
  // A container has to be reachable from outside; a laptop should not be.
  host: z.string().default(production ? "0.0.0.0" : "127.0.0.1"),
  port: port().default(8080),
  adminPort: port().default(9090),
  serviceName: z.string().default(PROJECT_NAME),
  logLevel: oneOf("debug", "info", "warn", "error").default("info"),

  publicAppUrl: url("http", "https").refine((value) => !production || value.startsWith("https:"), {
    error: "must be an https URL in production",
  }),
  databaseUrl: url("postgresql", "postgres"),
  dbPoolMax: count().default(10),
  dbPoolTimeout: seconds().default(3),
  dbStatementTimeout: seconds().default(5),
  redisUrl: url("redis", "rediss"),
  redisTimeoutMs: count().default(200),

  cookieSecure: flag()
    .refine((value) => value || !production, { error: "must be true in production" })
    .default(true),
  corsAllowedOrigins: origins()
    .refine((list) => !(production && list.includes("*")), {
      error: "must name exact origins in production, not *",
    })
    .default([]),
  trustedProxyHops: whole(0).default(0),
  maxBodyBytes: count().default(1_048_576),
  passwordMinLength: whole(8, 128).default(15),
  verifyTokenTtl: wholeSeconds().default(86_400),
  resetTokenTtl: wholeSeconds().default(1_800),
  cacheTtl: wholeSeconds().default(300),

  rateLimitIp: rateLimit().default({ limit: 100, window: 60 }),
  rateLimitUser: rateLimit().default({ limit: 300, window: 60 }),
  rateLimitSignup: rateLimit().default({ limit: 20, window: 3600 }),
  rateLimitLogin: rateLimit().default({ limit: 5, window: 900 }),
  rateLimitLoginIp: rateLimit().default({ limit: 50, window: 900 }),
  rateLimitForgot: rateLimit().default({ limit: 3, window: 3600 }),

  shutdownTimeout: seconds().default(25),
  otelExporterOtlpEndpoint: url("http", "https").optional(),
});

export type CoreSettings = Values<ReturnType<typeof coreSettings>>;
