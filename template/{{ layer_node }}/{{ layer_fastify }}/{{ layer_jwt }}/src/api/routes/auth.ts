/** Sign-in: an access token in the body, a refresh token in a cookie that scripts cannot read. */

import { credentialCookie, handOut, signIn, tokens } from "../../http/credentials.ts";
import * as schemas from "../../schemas.ts";
import { RefreshInvalid } from "../../services/sessions.ts";
import type { Routes } from "../plugins/validation.ts";

export const auth: Routes = async (app) => {
  const { services, settings } = app;
  const cookie = credentialCookie(settings);

  app.post(
    "/login",
    { schema: { body: schemas.login } },
    async ({ body, exchange, headers }, reply) => {
      const user = await services.logins.check(body.email, body.password, exchange.clientIp);
      const credentials = await signIn(services, user, headers, settings);
      reply.header("Set-Cookie", handOut(credentials, settings));
      return tokens(credentials);
    },
  );

  app.post("/refresh", async ({ headers }, reply) => {
    try {
      const credentials = await services.sessions.refresh(cookie.read(headers.cookie) ?? "");
      reply.header("Set-Cookie", handOut(credentials, settings));
      return tokens(credentials);
    } catch (error) {
      if (error instanceof RefreshInvalid) reply.header("Set-Cookie", cookie.clear());
      throw error;
    }
  });
};
