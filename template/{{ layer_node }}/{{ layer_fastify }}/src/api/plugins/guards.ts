/** What every request passes, and what single routes ask for: `onRequest: app.signedIn`. */

import type { onRequestAsyncHookHandler } from "fastify";
import plugin from "fastify-plugin";
import { callerOf, Guards } from "../../http/guards.ts";

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
  const own = new Guards(settings, services);

  app.decorateRequest("userId", "");
  app.decorate("signedIn", async (request) => {
    request.userId = callerOf(request.exchange);
  });
  app.decorate("signUpsLimited", async (request) => own.limitSignUps(request.exchange));

  app.addHook("onRequest", async (request, reply) => {
    const { exchange, headers } = request;
    const preflight = own.preflight(exchange, headers);
    if (preflight) return reply.code(204).headers(preflight).send();
    own.refuseCrossSite(exchange, headers);
    await own.admit(exchange, headers);
    return undefined;
  });
});
