/** Sign-in: one cookie that scripts cannot read. */

import { handOut, signIn } from "../../http/credentials.ts";
import * as schemas from "../../schemas.ts";
import type { Routes } from "../plugins/validation.ts";

export const auth: Routes = async (app) => {
  const { services, settings } = app;

  app.post(
    "/login",
    { schema: { body: schemas.login } },
    async ({ body, exchange, headers }, reply) => {
      const user = await services.logins.check(body.email, body.password, exchange.clientIp);
      const credentials = await signIn(services, user, headers, settings);
      return reply.code(204).header("Set-Cookie", handOut(credentials, settings)).send();
    },
  );
};
