/** What every request passes, and what single routes ask for: `signedIn`, `signUpsLimited`. */

import { createMiddleware } from "hono/factory";
import { callerOf } from "../../http/guards.ts";
import type { Env } from "../env.ts";

/** Where a route is for those who are signed in. */
interface SignedIn extends Env {
  Variables: Env["Variables"] & { userId: string };
}

export const guarded = createMiddleware<Env>(async (c, next) => {
  const { exchange, guards } = c.var;
  const { headers } = c.env.incoming;
  const preflight = guards.preflight(exchange, headers);
  if (preflight) return c.body(null, 204, preflight);
  guards.refuseCrossSite(exchange, headers);
  await guards.admit(exchange, headers);
  await next();
  return undefined;
});

export const signedIn = createMiddleware<SignedIn>(async (c, next) => {
  c.set("userId", callerOf(c.var.exchange));
  await next();
});

export const signUpsLimited = createMiddleware<Env>(async (c, next) => {
  await c.var.guards.limitSignUps(c.var.exchange);
  await next();
});
