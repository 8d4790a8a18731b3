/** Sign-in through an OpenID Connect provider: there and back. */

import type { ErrorRequestHandler, Response, Router } from "express";
import { NotFound } from "../../errors.ts";
import { handOut, signIn } from "../../http/credentials.ts";
import { failureUrl, transactionCookie } from "../../http/social.ts";
import { SignInFailed, SocialService, TRANSACTION_SECONDS } from "../../services/social.ts";
import type { Dependencies } from "../dependencies.ts";
import { strictRouter } from "../middleware/routing.ts";

export function oauth({ services, settings }: Dependencies): Router {
  const router = strictRouter();
  const social = new SocialService(services, settings);
  const cookie = transactionCookie(settings);

  router.param("provider", (_req, _res, next, provider: string) => {
    next(provider === settings.oauthProvider ? undefined : new NotFound());
  });

  router.get("/v1/auth/oauth/:provider/start", async (_req, res) => {
    const { location, token } = await social.begin();
    res.set("Set-Cookie", cookie.set(token, TRANSACTION_SECONDS));
    seeOther(res, location);
  });

  router.get("/v1/auth/oauth/:provider/callback", async (req, res) => {
    const token = cookie.read(req.headers.cookie);
    const user = await social.complete(token, req.query);
    const credentials = await signIn(services, user, req.headers, settings);
    res.set("Set-Cookie", [cookie.clear(), handOut(credentials, settings)]);
    seeOther(res, settings.oauthSuccessUrl);
  });

  const failed: ErrorRequestHandler = (error: Error, _req, res, next) => {
    if (error instanceof SignInFailed) seeOther(res, failureUrl(error, settings));
    else next(error);
  };
  router.use(failed);

  return router;
}

/** 303, so that nothing of this request is sent on to where it leads. Not `res.redirect`, which
 * writes a page. */
function seeOther(res: Response, url: string): void {
  res.status(303).location(url).end();
}
