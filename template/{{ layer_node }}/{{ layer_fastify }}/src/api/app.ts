/** `build`: the whole service from its settings; nothing connects or listens before `ready`. */

import type { FastifyInstance } from "fastify";
import type { Settings } from "../config/index.ts";
import { buildServices, closeServices, openServices } from "../services/index.ts";
import { errors } from "./plugins/errors.ts";
import { guards } from "./plugins/guards.ts";
import { validation } from "./plugins/validation.ts";
import { routes } from "./routes/index.ts";
import { createServer } from "./server.ts";

export function build(settings: Settings): FastifyInstance {
  const services = buildServices(settings);
  const app = createServer(settings, services);
  app.addHook("onReady", () => openServices(services));
  app.addHook("onClose", () => closeServices(services));
  app.register(errors);
  app.register(guards);
  app.register(validation);
  app.register(routes);
  return app;
}
