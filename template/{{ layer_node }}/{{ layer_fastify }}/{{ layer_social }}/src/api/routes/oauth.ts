/** Sign-in through an OpenID Connect provider: there and back. */

import type { FastifyReply, FastifyRequest } from "fastify";
import { NotFound } from "../../errors.ts";
import { handOut, signIn } from "../../http/credentials.ts";
import { failureUrl, transactionCookie } from "../../http/social.ts";
import {
  type ProvidersAnswer,
  SignInFailed,
  SocialService,
  TRANSACTION_SECONDS,
} from "../../services/social.ts";
import type { Routes } from "../plugins/validation.ts";

// 303, so that nothing of this request is sent on to where it leads.
const SEE_OTHER = 303;

export const oauth: Routes = async (app) => {
  const { services, settings } = app;
  const social = new SocialService(services, settings);
  const cookie = transactionCookie(settings);

  app.addHook("onRequest", async (request) => {
    const { provider } = request.params as { provider: string };
    if (provider !== settings.oauthProvider) throw new NotFound();
  });

  const orFailed =
    (handler: (request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply>) =>
    async (request: FastifyRequest, reply: FastifyReply) => {
      try {
        return await handler(request, reply);
      } catch (error) {
        if (!(error instanceof SignInFailed)) throw error;
        return reply.redirect(failureUrl(error, settings), SEE_OTHER);
      }
    };

  app.get(
    "/start",
    orFailed(async (_request, reply) => {
      const { location, token } = await social.begin();
      reply.header("Set-Cookie", cookie.set(token, TRANSACTION_SECONDS));
      return reply.redirect(location, SEE_OTHER);
    }),
  );

  app.get(
    "/callback",
    orFailed(async ({ headers, query }, reply) => {
      const token = cookie.read(headers.cookie);
      const user = await social.complete(token, query as ProvidersAnswer);
      const credentials = await signIn(services, user, headers, settings);
      reply.header("Set-Cookie", [cookie.clear(), handOut(credentials, settings)]);
      return reply.redirect(settings.oauthSuccessUrl, SEE_OTHER);
    }),
  );
};
