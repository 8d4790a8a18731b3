/** Operations on one's own account that do not depend on how one signs in. */

import { credentialCookie, handOut } from "../../http/credentials.ts";
import * as schemas from "../../schemas.ts";
import type { Routes } from "../plugins/validation.ts";

export const account: Routes = async (app) => {
  const { signedIn, services, settings } = app;
  const cookie = credentialCookie(settings);

  app.put(
    "/users/me/password",
    { onRequest: signedIn, schema: { body: schemas.changePassword } },
    async ({ body, exchange, userId }, reply) => {
      const credentials = await services.accounts.changePassword(
        userId,
        body.current_password,
        body.new_password,
        exchange.clientIp,
      );
      return reply.code(204).header("Set-Cookie", handOut(credentials, settings)).send();
    },
  );

  app.post("/auth/logout", async ({ headers }, reply) => {
    const credential = cookie.read(headers.cookie);
    if (credential !== undefined) await services.sessions.signOut(credential);
    return reply.code(204).header("Set-Cookie", cookie.clear()).send();
  });

  app.post("/auth/logout-all", { onRequest: signedIn }, async ({ userId }, reply) => {
    await services.accounts.signOutEverywhere(userId);
    return reply.code(204).send();
  });

  app.post(
    "/auth/verify-email",
    { schema: { body: schemas.verifyEmail } },
    async ({ body }, reply) => {
      await services.accounts.verifyEmail(body.token);
      return reply.code(204).send();
    },
  );

  app.post(
    "/auth/password/forgot",
    { schema: { body: schemas.forgotPassword } },
    async ({ body }, reply) => {
      await services.accounts.forgotPassword(body.email);
      return reply.code(202).send({});
    },
  );

  app.post(
    "/auth/password/reset",
    { schema: { body: schemas.resetPassword } },
    async ({ body }, reply) => {
      await services.accounts.resetPassword(body.token, body.new_password);
      return reply.code(204).send();
    },
  );
};
