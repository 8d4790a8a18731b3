/** Sign-in: an access token in the body, a refresh token in a cookie that scripts cannot read. */

import { Hono } from "hono";
import { credentialCookie, handOut, signIn, tokens } from "../../http/credentials.ts";
import * as schemas from "../../schemas.ts";
import { RefreshInvalid } from "../../services/sessions.ts";
import type { Env } from "../env.ts";
import { bodyless, json } from "../middleware/validation.ts";

export const auth = new Hono<Env>();

auth.post("/login", json(schemas.login), async (c) => {
  const { exchange, services, settings } = c.var;
  const { email, password } = c.req.valid("json");
  const user = await services.logins.check(email, password, exchange.clientIp);
  const credentials = await signIn(services, user, c.env.incoming.headers, settings);
  return c.json(tokens(credentials), 200, { "Set-Cookie": handOut(credentials, settings) });
});

auth.post("/refresh", bodyless, async (c) => {
  const { services, settings } = c.var;
  const cookie = credentialCookie(settings);
  try {
    const credentials = await services.sessions.refresh(cookie.read(c.req.header("Cookie")) ?? "");
    return c.json(tokens(credentials), 200, { "Set-Cookie": handOut(credentials, settings) });
  } catch (error) {
    if (error instanceof RefreshInvalid) c.header("Set-Cookie", cookie.clear());
    throw error;
  }
});
