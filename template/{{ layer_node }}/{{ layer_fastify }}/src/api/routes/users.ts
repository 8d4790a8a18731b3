/** /v1/users */

import { resourceId } from "../../http/routing.ts";
import * as schemas from "../../schemas.ts";
import type { Routes } from "../plugins/validation.ts";

export const users: Routes = async (app) => {
  const { signedIn, signUpsLimited, services } = app;

  app.post(
    "/",
    { onRequest: signUpsLimited, schema: { body: schemas.signUp } },
    async ({ body }, reply) => {
      const user = await services.accounts.signUp(body.email, body.name, body.password);
      reply.code(201).header("Location", `/v1/users/${user.id}`);
      return schemas.me(user);
    },
  );

  app.get("/me", { onRequest: signedIn }, async ({ userId }) =>
    schemas.me(await services.accounts.get(userId)),
  );

  app.delete("/me", { onRequest: signedIn }, async ({ userId }, reply) => {
    await services.accounts.delete(userId);
    return reply.code(204).send();
  });

  app.get<{ Params: { id: string } }>("/:id", async ({ params }) =>
    schemas.publicUser(await services.accounts.get(resourceId(params.id))),
  );
};
