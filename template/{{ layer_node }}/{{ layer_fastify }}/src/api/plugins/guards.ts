/** What every request passes, and what single routes ask for: `onRequest: app.signedIn`. */

import type { onRequestAsyncHookHandler } from "fastify";
import plugin from "fastify-plugin";
import { callerOf, Guards } from "../../http/guards.ts";
import { corsHeaders, preflightHeaders } from "../../security/cors.ts";

declare module "fastify" {
  interface FastifyInstance {
    signedIn: onRequestAsyncHookHandler;
    signUpsLimited: onRequestAsyncHookHandler;
  }
  interface FastifyRequest {
    /** The caller, where a route is for those who are signed in. */
    userId: string;
  }
}

export const guards = plugin(async (app) => {
  const { services, settings } = app;
  const allowed = settings.corsAllowedOrigins;
  const own = new Guards(settings, services);

  app.decorateRequest("userId", "");
  app.decorate("signedIn", async (request) => {
    request.userId = callerOf(request.exchange);
  });
  app.decorate("signUpsLimited", async (request) => own.limitSignUps(request.exchange));

  app.addHook("onRequest", async (request, reply) => {
    const { exchange, headers } = request;
    if (allowed.length > 0) {
      if (request.method === "OPTIONS" && "access-control-request-method" in headers) {
        return reply.code(204).headers(preflightHeaders(headers.origin, allowed)).send();
      }
      exchange.corsHeaders = corsHeaders(headers.origin, allowed);
    }
    own.refuseCrossSite(exchange, headers);
    await own.admit(exchange, headers);
    return undefined;
  });
});
