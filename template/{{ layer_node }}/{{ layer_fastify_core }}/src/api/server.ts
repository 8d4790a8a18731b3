/** `createServer`: Fastify, and what every request passes in it before a route. */

import type { IncomingMessage } from "node:http";
import { type FastifyInstance, type FastifyReply, fastify } from "fastify";
import type { Settings } from "../config/index.ts";
import { unreadable } from "../http/failures.ts";
import type { Services } from "../services/index.ts";
import { admission } from "./plugins/admission.ts";
import { bodies } from "./plugins/bodies.ts";
import { context } from "./plugins/context.ts";

declare module "fastify" {
  interface FastifyInstance {
    settings: Settings;
    services: Services;
  }
}

const LONGEST_PARAMETER = 2000;

export function createServer(settings: Settings, services: Services): FastifyInstance {
  const server = fastify({
    logger: false,
    bodyLimit: settings.maxBodyBytes,
    exposeHeadRoutes: false,
    return503OnClosing: false,
    routerOptions: { maxParamLength: LONGEST_PARAMETER },
    frameworkErrors: (_error, request, reply) =>
      undecodable(request.raw, reply as unknown as FastifyReply, settings),
  });
  server.decorate("settings", settings);
  server.decorate("services", services);
  // In this order they see a request.
  server.register(context);
  server.register(admission);
  server.register(bodies);
  return server;
}

/** A path that cannot be decoded names nothing. No hook sees such a request. */
function undecodable(request: IncomingMessage, reply: FastifyReply, settings: Settings): void {
  const { status, headers, body } = unreadable(request, settings);
  reply.code(status).headers(headers).send(body);
}
