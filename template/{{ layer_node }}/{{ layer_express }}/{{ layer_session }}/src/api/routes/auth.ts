/** Sign-in: one cookie that scripts cannot read. */

import type { Router } from "express";
import { validBody } from "../../faults.ts";
import { handOut, signIn } from "../../http/credentials.ts";
import * as schemas from "../../schemas.ts";
import type { Dependencies } from "../dependencies.ts";
import { strictRouter } from "../middleware/routing.ts";

export function auth({ json, services, settings }: Dependencies): Router {
  const router = strictRouter();

  router.post("/v1/auth/login", json, async (req, res) => {
    const { email, password } = validBody(schemas.login, req.body);
    const user = await services.logins.check(email, password, req.exchange.clientIp);
    const credentials = await signIn(services, user, req.headers, settings);
    res.status(204).set("Set-Cookie", handOut(credentials, settings)).end();
  });

  return router;
}
