/**
 * The least that does the same I/O as the generated service: what Express itself costs.
 *
 * A request verifies the token, runs one Redis script, reads the caller's row and then the post or
 * the list. No logs, no metrics, no error shapes, no timeouts: this is a measure, not a template.
 */

import { address, load, page, post, signedIn } from "./node_io.ts";

const { default: express } = await load("express");

interface Req {
  path: string;
  headers: { authorization?: string };
  query: { limit?: string };
  params: { id: string };
}

interface Res {
  json(body: unknown): void;
}

const app = express();
app.disable("etag");

app.use(async ({ path, headers }: Req, _res: Res, next: () => void) => {
  if (path !== "/healthz" && !(await signedIn(headers.authorization))) {
    throw new Error("not signed in");
  }
  next();
});

app.get("/healthz", (_req: Req, res: Res) => res.json({ status: "ok" }));
app.get("/v1/posts", async ({ query }: Req, res: Res) => res.json(await page(query.limit)));
app.get("/v1/posts/:id", async ({ params }: Req, res: Res) => res.json(await post(params.id)));

app.listen(address.port, address.host);
