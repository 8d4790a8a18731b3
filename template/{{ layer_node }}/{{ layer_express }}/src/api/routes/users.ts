/** /v1/users */

import type { Router } from "express";
import { validBody } from "../../faults.ts";
import { resourceId } from "../../http/routing.ts";
import * as schemas from "../../schemas.ts";
import type { Dependencies } from "../dependencies.ts";
import { signedIn } from "../middleware/guards.ts";
import { strictRouter } from "../middleware/routing.ts";

export function users({ json, services, signUpsLimited }: Dependencies): Router {
  const router = strictRouter();

  router.post("/v1/users", signUpsLimited, json, async (req, res) => {
    const { email, name, password } = validBody(schemas.signUp, req.body);
    const user = await services.accounts.signUp(email, name, password);
    res.status(201).location(`/v1/users/${user.id}`).json(schemas.me(user));
  });

  router.get("/v1/users/me", signedIn, async (req, res) => {
    res.json(schemas.me(await services.accounts.get(req.userId)));
  });

  router.delete("/v1/users/me", signedIn, json, async (req, res) => {
    await services.accounts.delete(req.userId);
    res.status(204).end();
  });

  router.get("/v1/users/:id", async (req, res) => {
    res.json(schemas.publicUser(await services.accounts.get(resourceId(req.params.id))));
  });

  return router;
}
