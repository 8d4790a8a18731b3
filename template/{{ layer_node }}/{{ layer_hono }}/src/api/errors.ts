/** From anything that goes wrong to the one shape of error response. */

import type { Context } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { failureOf } from "../http/failures.ts";
import type { Env } from "./env.ts";

export function fail(error: Error, c: Context<Env>): Response {
  const { status, headers, body } = failureOf(error, c.var.exchange);
  return c.json(body, status as ContentfulStatusCode, headers);
}
