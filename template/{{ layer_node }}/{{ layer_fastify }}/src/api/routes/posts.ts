/** /v1/posts */

import type { FastifyReply } from "fastify";
import { etagOf, matchesWeakly } from "../../etags.ts";
import { resourceId } from "../../http/routing.ts";
import type { Post } from "../../models.ts";
import * as schemas from "../../schemas.ts";
import type { Routes } from "../plugins/validation.ts";

// A cache may keep these, but has to ask whether they are still fresh.
const REVALIDATE = "no-cache";

interface OnePost {
  Params: { id: string };
}

export const posts: Routes = async (app) => {
  const { signedIn, services } = app;

  app.get("/", { schema: { querystring: schemas.postQuery } }, async ({ query }, reply) => {
    const page = await services.posts.list(query.limit, query.cursor, query.author_id);
    reply.header("Cache-Control", REVALIDATE);
    return schemas.postPage(page);
  });

  app.post(
    "/",
    { onRequest: signedIn, schema: { body: schemas.postCreate } },
    async ({ body, userId }, reply) => {
      const post = await services.posts.create(userId, body.title, body.body);
      return tagged(reply.code(201).header("Location", `/v1/posts/${post.id}`), post);
    },
  );

  app.get<OnePost>("/:id", async ({ params, headers }, reply) => {
    const post = await services.posts.get(resourceId(params.id));
    reply.header("Cache-Control", REVALIDATE);
    if (matchesWeakly(headers["if-none-match"], etagOf(post))) {
      return reply.code(304).header("ETag", etagOf(post)).send();
    }
    return tagged(reply, post);
  });

  app.patch<OnePost>(
    "/:id",
    { onRequest: signedIn, schema: { body: schemas.postUpdate } },
    async ({ params, headers, body, userId }, reply) => {
      const changes = body as schemas.PostChanges;
      const id = resourceId(params.id);
      return tagged(reply, await services.posts.update(id, userId, changes, headers["if-match"]));
    },
  );

  app.delete<OnePost>(
    "/:id",
    { onRequest: signedIn },
    async ({ params, headers, userId }, reply) => {
      await services.posts.delete(resourceId(params.id), userId, headers["if-match"]);
      return reply.code(204).send();
    },
  );
};

function tagged(reply: FastifyReply, post: Post): FastifyReply {
  return reply.header("ETag", etagOf(post)).send(schemas.post(post));
}
