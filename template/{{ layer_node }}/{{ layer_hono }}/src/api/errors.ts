/** From anything that goes wrong to the one shape of error response. */

import type { Context } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { PayloadTooLarge } from "../errors.ts";
import type { Exchange } from "../http/exchange.ts";
import { failureOf } from "../http/failures.ts";
import type { Env } from "./env.ts";

/** Keeps the headers that were set before the error. */
export function fail(error: Error, c: Context<Env>): Response {
  const { status, headers, body } = failureOf(error, c.var.exchange);
  // What is left of it is never read.
  if (error instanceof PayloadTooLarge) c.header("Connection", "close");
  return c.json(body, status as ContentfulStatusCode, headers);
}

/** A whole response, where nothing else is left to make it one. */
export function lastResort(error: unknown, exchange: Exchange): Response {
  const { status, headers, body } = failureOf(error, exchange);
  return Response.json(body, { status, headers: { ...exchange.headers(), ...headers } });
}
