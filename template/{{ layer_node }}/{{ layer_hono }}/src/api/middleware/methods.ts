/** Hono answers HEAD with the route for GET; here a method is one that a route names, or a 405. */

import { createMiddleware } from "hono/factory";
import type { RouteTable } from "../../http/routing.ts";
import type { Env } from "../env.ts";

export const explicitMethods = (table: RouteTable) =>
  createMiddleware<Env>(async (c, next) => {
    if (c.req.method === "HEAD") throw table.refusal(c.req.path);
    await next();
  });
