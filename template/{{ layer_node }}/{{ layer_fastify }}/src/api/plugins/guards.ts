/** What single routes ask for: `onRequest: app.signedIn`. */

import type { onRequestAsyncHookHandler } from "fastify";
import plugin from "fastify-plugin";
import { callerOf } from "../../http/guards.ts";

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
  app.decorateRequest("userId", "");
  app.decorate("signedIn", async (request) => {
    request.userId = callerOf(request.exchange);
  });
  app.decorate("signUpsLimited", async (request) => app.guards.limitSignUps(request.exchange));
});
