/** /v1/users */

import { Hono } from "hono";
import { resourceId } from "../../http/routing.ts";
import * as schemas from "../../schemas.ts";
import type { Env } from "../env.ts";
import { signedIn, signUpsLimited } from "../middleware/guards.ts";
import { bodyless, json } from "../middleware/validation.ts";

export const users = new Hono<Env>();

users.post("/", signUpsLimited, json(schemas.signUp), async (c) => {
  const { email, name, password } = c.req.valid("json");
  const user = await c.var.services.accounts.signUp(email, name, password);
  return c.json(schemas.me(user), 201, { Location: `/v1/users/${user.id}` });
});

users.get("/me", signedIn, async (c) => {
  const { services, userId } = c.var;
  return c.json(schemas.me(await services.accounts.get(userId)));
});

users.delete("/me", signedIn, bodyless, async (c) => {
  const { services, userId } = c.var;
  await services.accounts.delete(userId);
  return c.body(null, 204);
});

users.get("/:id", async (c) => {
  const user = await c.var.services.accounts.get(resourceId(c.req.param("id")));
  return c.json(schemas.publicUser(user));
});
