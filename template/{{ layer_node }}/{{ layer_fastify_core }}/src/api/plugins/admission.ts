/** What every request passes before a route sees it. */

import plugin from "fastify-plugin";
import { Guards } from "../../http/guards.ts";
import { corsHeaders, preflightHeaders } from "../../security/cors.ts";

declare module "fastify" {
  interface FastifyInstance {
    guards: Guards;
  }
}

export const admission = plugin(async (app) => {
  const { services, settings } = app;
  const allowed = settings.corsAllowedOrigins;
  const guards = new Guards(settings, services);
  app.decorate("guards", guards);

  app.addHook("onRequest", async (request, reply) => {
    const { exchange, headers } = request;
    if (allowed.length > 0) {
      if (request.method === "OPTIONS" && "access-control-request-method" in headers) {
        return reply.code(204).headers(preflightHeaders(headers.origin, allowed)).send();
      }
      exchange.corsHeaders = corsHeaders(headers.origin, allowed);
    }
    guards.refuseCrossSite(exchange, headers);
    await guards.admit(exchange, headers);
    return undefined;
  });
});
