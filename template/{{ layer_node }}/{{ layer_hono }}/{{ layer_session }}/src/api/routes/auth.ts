/** Sign-in: one cookie that scripts cannot read. */

import { Hono } from "hono";
import { handOut, signIn } from "../../http/credentials.ts";
import * as schemas from "../../schemas.ts";
import type { Env } from "../env.ts";
import { json } from "../middleware/validation.ts";

export const auth = new Hono<Env>();

auth.post("/login", json(schemas.login), async (c) => {
  const { exchange, services, settings } = c.var;
  const { email, password } = c.req.valid("json");
  const user = await services.logins.check(email, password, exchange.clientIp);
  const credentials = await signIn(services, user, c.env.incoming.headers, settings);
  return c.body(null, 204, { "Set-Cookie": handOut(credentials, settings) });
});
