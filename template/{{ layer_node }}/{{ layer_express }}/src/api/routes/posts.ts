/** /v1/posts */

import type { Response, Router } from "express";
import { etagOf, matchesWeakly } from "../../etags.ts";
import { validBody, validQuery } from "../../faults.ts";
import { resourceId } from "../../http/routing.ts";
import type { Post } from "../../models.ts";
import * as schemas from "../../schemas.ts";
import type { Dependencies } from "../dependencies.ts";
import { signedIn } from "../middleware/guards.ts";
import { strictRouter } from "../middleware/routing.ts";

// A cache may keep these, but has to ask whether they are still fresh.
const REVALIDATE = "no-cache";

export function posts({ json, services }: Dependencies): Router {
  const router = strictRouter();

  router.get("/v1/posts", async (req, res) => {
    const { limit, cursor, author_id } = validQuery(schemas.postQuery, req.query);
    const page = await services.posts.list(limit, cursor, author_id);
    res.set("Cache-Control", REVALIDATE).json(schemas.postPage(page));
  });

  router.post("/v1/posts", signedIn, json, async (req, res) => {
    const { title, body } = validBody(schemas.postCreate, req.body);
    const post = await services.posts.create(req.userId, title, body);
    tagged(res.status(201).location(`/v1/posts/${post.id}`), post);
  });

  router.get("/v1/posts/:id", async (req, res) => {
    const post = await services.posts.get(resourceId(req.params.id));
    res.set("Cache-Control", REVALIDATE);
    if (matchesWeakly(req.headers["if-none-match"], etagOf(post))) {
      res.status(304).set("ETag", etagOf(post)).end();
      return;
    }
    tagged(res, post);
  });

  router.patch("/v1/posts/:id", signedIn, json, async (req, res) => {
    const changes = validBody(schemas.postUpdate, req.body);
    const id = resourceId(req.params.id);
    tagged(res, await services.posts.update(id, req.userId, changes, req.headers["if-match"]));
  });

  router.delete("/v1/posts/:id", signedIn, json, async (req, res) => {
    await services.posts.delete(resourceId(req.params.id), req.userId, req.headers["if-match"]);
    res.status(204).end();
  });

  return router;
}

function tagged(res: Response, post: Post): void {
  res.set("ETag", etagOf(post)).json(schemas.post(post));
}
