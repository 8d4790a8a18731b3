/** Sign-in through an OpenID Connect provider: there and back. */

import { type Handler, Hono } from "hono";
import { createMiddleware } from "hono/factory";
import { NotFound } from "../../errors.ts";
import { handOut, signIn } from "../../http/credentials.ts";
import { failureUrl, transactionCookie } from "../../http/social.ts";
import { SignInFailed, SocialService, TRANSACTION_SECONDS } from "../../services/social.ts";
import type { Env, Parts } from "../env.ts";

// 303, so that nothing of this request is sent on to where it leads.
const SEE_OTHER = 303;

const known = createMiddleware<Env, "/:provider">(async (c, next) => {
  if (c.req.param("provider") !== c.var.settings.oauthProvider) throw new NotFound();
  await next();
});

export function oauth({ services, settings }: Parts): Hono<Env> {
  const app = new Hono<Env>();
  const social = new SocialService(services, settings);
  const cookie = transactionCookie(settings);

  const orFailed =
    (handler: Handler<Env>): Handler<Env> =>
    async (c, next) => {
      try {
        return await handler(c, next);
      } catch (error) {
        if (!(error instanceof SignInFailed)) throw error;
        return c.redirect(failureUrl(error, settings), SEE_OTHER);
      }
    };

  app.get(
    "/:provider/start",
    known,
    orFailed(async (c) => {
      const { location, token } = await social.begin();
      c.header("Set-Cookie", cookie.set(token, TRANSACTION_SECONDS));
      return c.redirect(location, SEE_OTHER);
    }),
  );

  app.get(
    "/:provider/callback",
    known,
    orFailed(async (c) => {
      const token = cookie.read(c.req.header("Cookie"));
      const user = await social.complete(token, c.req.query());
      const credentials = await signIn(services, user, c.env.incoming.headers, settings);
      c.header("Set-Cookie", cookie.clear());
      c.header("Set-Cookie", handOut(credentials, settings), { append: true });
      return c.redirect(settings.oauthSuccessUrl, SEE_OTHER);
    }),
  );

  return app;
}
