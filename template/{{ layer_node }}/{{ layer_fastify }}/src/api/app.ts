/** `build`: the whole service from its settings; nothing connects or listens before `ready`. */

import type { IncomingMessage } from "node:http";
import { type FastifyInstance, type FastifyReply, fastify } from "fastify";
import type { Settings } from "../config/index.ts";
import { unreadable } from "../http/failures.ts";
import { buildServices, closeServices, openServices, type Services } from "../services/index.ts";
import { bodies } from "./plugins/bodies.ts";
import { context } from "./plugins/context.ts";
import { errors } from "./plugins/errors.ts";
import { guards } from "./plugins/guards.ts";
import { validation } from "./plugins/validation.ts";
import { routes } from "./routes/index.ts";

declare module "fastify" {
  interface FastifyInstance {
    settings: Settings;
    services: Services;
  }
}

const LONGEST_PARAMETER = 2000;

export function build(settings: Settings): FastifyInstance {
  const services = buildServices(settings);
  const app = fastify({
    logger: false,
    bodyLimit: settings.maxBodyBytes,
    exposeHeadRoutes: false,
    return503OnClosing: false,
    routerOptions: { maxParamLength: LONGEST_PARAMETER },
    frameworkErrors: (_error, request, reply) =>
      undecodable(request.raw, reply as unknown as FastifyReply, settings),
  });
  app.decorate("settings", settings);
  app.decorate("services", services);
  app.addHook("onReady", () => openServices(services));
  app.addHook("onClose", () => closeServices(services));
  // In this order they see a request.
  app.register(context);
  app.register(errors);
  app.register(guards);
  app.register(bodies);
  app.register(validation);
  app.register(routes);
  return app;
}

/** A path that cannot be decoded names nothing. No hook sees such a request. */
function undecodable(request: IncomingMessage, reply: FastifyReply, settings: Settings): void {
  const { status, headers, body } = unreadable(request, settings);
  reply.code(status).headers(headers).send(body);
}
