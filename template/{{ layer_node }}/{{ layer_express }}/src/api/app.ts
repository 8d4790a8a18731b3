/** `build`: the whole application from its settings and services; nothing listens yet. */

import express, { type Express } from "express";
import type { Settings } from "../config/index.ts";
import { Guards } from "../http/guards.ts";
import type { Services } from "../services/index.ts";
import { json } from "./middleware/bodies.ts";
import { context } from "./middleware/context.ts";
import { errors } from "./middleware/errors.ts";
import { admission, cors, csrf, signUpLimit } from "./middleware/guards.ts";
import { explicitMethods, tableOf, unrouted } from "./middleware/routing.ts";
import { routes } from "./routes/index.ts";

export function build(settings: Settings, services: Services): Express {
  const guards = new Guards(settings, services);
  const routers = routes({
    settings,
    services,
    json: json(settings.maxBodyBytes),
    signUpsLimited: signUpLimit(guards),
  });
  const table = tableOf(routers);

  const app = express();
  app.disable("x-powered-by");
  app.disable("etag");
  // Routes say what is still fresh: by itself `res.send` turns any answer to `If-None-Match: *`
  // into a 304.
  Object.defineProperty(app.request, "fresh", { value: false });

  // In this order they see a request.
  app.use(context(settings, table));
  app.use(cors(guards));
  app.use(csrf(guards));
  app.use(admission(guards));
  app.use(explicitMethods(table));
  app.use(routers);
  app.use(unrouted(table));
  app.use(errors);
  return app;
}
