/** What every request passes before a route sees it. */

import plugin from "fastify-plugin";
import { Guards } from "../../http/guards.ts";

declare module "fastify" {
  interface FastifyInstance {
    guards: Guards;
  }
}

export const admission = plugin(async (app) => {
  const { services, settings } = app;
  const guards = new Guards(settings, services);
  app.decorate("guards", guards);

  app.addHook("onRequest", async (request, reply) => {
    const { exchange, headers } = request;
    const preflight = guards.preflight(exchange, headers);
    if (preflight) return reply.code(204).headers(preflight).send();
    guards.refuseCrossSite(exchange, headers);
    await guards.admit(exchange, headers);
    return undefined;
  });
});
