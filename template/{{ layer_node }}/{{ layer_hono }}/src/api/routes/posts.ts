/** /v1/posts */

import { Hono } from "hono";
import { etagOf, matchesWeakly } from "../../etags.ts";
import { resourceId } from "../../http/routing.ts";
import * as schemas from "../../schemas.ts";
import type { Env } from "../env.ts";
import { signedIn } from "../middleware/guards.ts";
import { bodyless, json, query } from "../middleware/validation.ts";

// A cache may keep these, but has to ask whether they are still fresh.
const REVALIDATE = { "Cache-Control": "no-cache" };

export const posts = new Hono<Env>();

posts.get("/", query(schemas.postQuery), async (c) => {
  const { limit, cursor, author_id } = c.req.valid("query");
  const page = await c.var.services.posts.list(limit, cursor, author_id);
  return c.json(schemas.postPage(page), 200, REVALIDATE);
});

posts.post("/", signedIn, json(schemas.postCreate), async (c) => {
  const { services, userId } = c.var;
  const { title, body } = c.req.valid("json");
  const post = await services.posts.create(userId, title, body);
  const headers = { ETag: etagOf(post), Location: `/v1/posts/${post.id}` };
  return c.json(schemas.post(post), 201, headers);
});

posts.get("/:id", async (c) => {
  const post = await c.var.services.posts.get(resourceId(c.req.param("id")));
  const headers = { ETag: etagOf(post), ...REVALIDATE };
  if (matchesWeakly(c.req.header("If-None-Match"), headers.ETag)) {
    return c.body(null, 304, headers);
  }
  return c.json(schemas.post(post), 200, headers);
});

posts.patch("/:id", signedIn, json(schemas.postUpdate), async (c) => {
  const { services, userId } = c.var;
  const id = resourceId(c.req.param("id"));
  const changes = c.req.valid("json");
  const post = await services.posts.update(id, userId, changes, c.req.header("If-Match"));
  return c.json(schemas.post(post), 200, { ETag: etagOf(post) });
});

posts.delete("/:id", signedIn, bodyless, async (c) => {
  const { services, userId } = c.var;
  const id = resourceId(c.req.param("id"));
  await services.posts.delete(id, userId, c.req.header("If-Match"));
  return c.body(null, 204);
});
