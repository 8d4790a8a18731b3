/** `build`: the whole service from its settings; nothing connects or listens. */

import { Hono } from "hono";
import { METHOD_NAME_ALL } from "hono/router";
import type { Settings } from "../config/index.ts";
import { Guards } from "../http/guards.ts";
import { RouteTable } from "../http/routing.ts";
import { buildServices, type Services } from "../services/index.ts";
import type { Env, Parts } from "./env.ts";
import { fail } from "./errors.ts";
import { context } from "./middleware/context.ts";
import { guarded } from "./middleware/guards.ts";
import { explicitMethods } from "./middleware/methods.ts";
import { routes } from "./routes/index.ts";

export function build(settings: Settings): { app: Hono<Env>; services: Services } {
  const services = buildServices(settings);
  const parts: Parts = { settings, services, guards: new Guards(settings, services) };
  const table = new RouteTable();
  const app = new Hono<Env>();
  // In this order they see a request.
  app.use(context(parts, table), guarded, explicitMethods(table));
  app.route("/", routes(parts));
  app.onError(fail);
  app.notFound((c) => fail(table.refusal(c.req.path), c));
  for (const { method, path } of app.routes) {
    if (method !== METHOD_NAME_ALL) table.add(method, path);
  }
  return { app, services };
}
