/** Operations on one's own account that do not depend on how one signs in. */

import { Hono } from "hono";
import { credentialCookie, handOut } from "../../http/credentials.ts";
import * as schemas from "../../schemas.ts";
import type { Env } from "../env.ts";
import { signedIn } from "../middleware/guards.ts";
import { bodyless, json } from "../middleware/validation.ts";

export const account = new Hono<Env>();

account.put("/users/me/password", signedIn, json(schemas.changePassword), async (c) => {
  const { exchange, services, settings, userId } = c.var;
  const { current_password, new_password } = c.req.valid("json");
  const credentials = await services.accounts.changePassword(
    userId,
    current_password,
    new_password,
    exchange.clientIp,
  );
  return c.body(null, 204, { "Set-Cookie": handOut(credentials, settings) });
});

account.post("/auth/logout", bodyless, async (c) => {
  const { services, settings } = c.var;
  const cookie = credentialCookie(settings);
  const credential = cookie.read(c.req.header("Cookie"));
  if (credential !== undefined) await services.sessions.signOut(credential);
  return c.body(null, 204, { "Set-Cookie": cookie.clear() });
});

account.post("/auth/logout-all", signedIn, bodyless, async (c) => {
  const { services, userId } = c.var;
  await services.accounts.signOutEverywhere(userId);
  return c.body(null, 204);
});

account.post("/auth/verify-email", json(schemas.verifyEmail), async (c) => {
  await c.var.services.accounts.verifyEmail(c.req.valid("json").token);
  return c.body(null, 204);
});

account.post("/auth/password/forgot", json(schemas.forgotPassword), async (c) => {
  await c.var.services.accounts.forgotPassword(c.req.valid("json").email);
  return c.json({}, 202);
});

account.post("/auth/password/reset", json(schemas.resetPassword), async (c) => {
  const { token, new_password } = c.req.valid("json");
  await c.var.services.accounts.resetPassword(token, new_password);
  return c.body(null, 204);
});
