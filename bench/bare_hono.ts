/**
 * The least that does the same I/O as the generated service: what Hono itself costs.
 *
 * A request verifies the token, runs one Redis script, reads the caller's row and then the post or
 * the list. No logs, no metrics, no error shapes, no timeouts: this is a measure, not a template.
 */

import { address, load, page, post, signedIn } from "./node_io.ts";

const { serve } = await load("@hono/node-server");
const { Hono } = await load("hono");

interface Context {
  readonly req: {
    readonly path: string;
    header(name: string): string | undefined;
    param(name: string): string;
    query(name: string): string | undefined;
  };
  json(value: unknown): Response;
}

const app = new Hono();

app.use(async ({ req }: Context, next: () => Promise<void>) => {
  if (req.path !== "/healthz" && !(await signedIn(req.header("Authorization")))) {
    throw new Error("not signed in");
  }
  await next();
});

app.get("/healthz", (c: Context) => c.json({ status: "ok" }));
app.get("/v1/posts", async (c: Context) => c.json(await page(c.req.query("limit"))));
app.get("/v1/posts/:id", async (c: Context) => c.json(await post(c.req.param("id"))));

serve({ fetch: app.fetch, hostname: address.host, port: address.port });
