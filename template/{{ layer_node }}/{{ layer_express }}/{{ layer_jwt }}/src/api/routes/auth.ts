/** Sign-in: an access token in the body, a refresh token in a cookie that scripts cannot read. */

import type { Router } from "express";
import { validBody } from "../../faults.ts";
import { credentialCookie, handOut, signIn, tokens } from "../../http/credentials.ts";
import * as schemas from "../../schemas.ts";
import { RefreshInvalid } from "../../services/sessions.ts";
import type { Dependencies } from "../dependencies.ts";
import { strictRouter } from "../middleware/routing.ts";

export function auth({ json, services, settings }: Dependencies): Router {
  const router = strictRouter();
  const cookie = credentialCookie(settings);

  router.post("/v1/auth/login", json, async (req, res) => {
    const { email, password } = validBody(schemas.login, req.body);
    const user = await services.logins.check(email, password, req.exchange.clientIp);
    const credentials = await signIn(services, user, req.headers, settings);
    res.set("Set-Cookie", handOut(credentials, settings)).json(tokens(credentials));
  });

  router.post("/v1/auth/refresh", json, async (req, res) => {
    try {
      const credentials = await services.sessions.refresh(cookie.read(req.headers.cookie) ?? "");
      res.set("Set-Cookie", handOut(credentials, settings)).json(tokens(credentials));
    } catch (error) {
      if (error instanceof RefreshInvalid) res.set("Set-Cookie", cookie.clear());
      throw error;
    }
  });

  return router;
}
