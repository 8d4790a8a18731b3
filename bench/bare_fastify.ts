/**
 * The least that does the same I/O as the generated service: what Fastify itself costs.
 *
 * A request verifies the token, runs one Redis script, reads the caller's row and then the post or
 * the list. No logs, no metrics, no error shapes, no timeouts: this is a measure, not a template.
 */

import { address, load, page, post, signedIn } from "./node_io.ts";

const { fastify } = await load("fastify");

const app = fastify();

app.addHook("onRequest", async (request: { url: string; headers: { authorization?: string } }) => {
  if (request.url !== "/healthz" && !(await signedIn(request.headers.authorization))) {
    throw new Error("not signed in");
  }
});

app.get("/healthz", async () => ({ status: "ok" }));
app.get("/v1/posts", ({ query }: { query: { limit?: string } }) => page(query.limit));
app.get("/v1/posts/:id", ({ params }: { params: { id: string } }) => post(params.id));

await app.listen(address);
