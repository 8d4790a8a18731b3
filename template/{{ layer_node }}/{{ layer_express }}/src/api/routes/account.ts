/** Operations on one's own account that do not depend on how one signs in. */

import type { Router } from "express";
import { validBody } from "../../faults.ts";
import { credentialCookie, handOut } from "../../http/credentials.ts";
import * as schemas from "../../schemas.ts";
import type { Dependencies } from "../dependencies.ts";
import { signedIn } from "../middleware/guards.ts";
import { strictRouter } from "../middleware/routing.ts";

export function account({ json, services, settings }: Dependencies): Router {
  const router = strictRouter();
  const cookie = credentialCookie(settings);

  router.put("/v1/users/me/password", signedIn, json, async (req, res) => {
    const body = validBody(schemas.changePassword, req.body);
    const credentials = await services.accounts.changePassword(
      req.userId,
      body.current_password,
      body.new_password,
      req.exchange.clientIp,
    );
    res.status(204).set("Set-Cookie", handOut(credentials, settings)).end();
  });

  router.post("/v1/auth/logout", json, async (req, res) => {
    const credential = cookie.read(req.headers.cookie);
    if (credential !== undefined) await services.sessions.signOut(credential);
    res.status(204).set("Set-Cookie", cookie.clear()).end();
  });

  router.post("/v1/auth/logout-all", signedIn, json, async (req, res) => {
    await services.accounts.signOutEverywhere(req.userId);
    res.status(204).end();
  });

  router.post("/v1/auth/verify-email", json, async (req, res) => {
    const { token } = validBody(schemas.verifyEmail, req.body);
    await services.accounts.verifyEmail(token);
    res.status(204).end();
  });

  router.post("/v1/auth/password/forgot", json, async (req, res) => {
    const { email } = validBody(schemas.forgotPassword, req.body);
    await services.accounts.forgotPassword(email);
    res.status(202).json({});
  });

  router.post("/v1/auth/password/reset", json, async (req, res) => {
    const { token, new_password } = validBody(schemas.resetPassword, req.body);
    await services.accounts.resetPassword(token, new_password);
    res.status(204).end();
  });

  return router;
}
