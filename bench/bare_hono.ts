/**
 * The least that does the same I/O as the generated service: what Hono itself costs.
 *
 * A request verifies the token, runs one Redis script, reads the caller's row and then the post or
 * the list. No logs, no metrics, no error shapes, no timeouts: this is a measure, not a template.
 */

import { createSecretKey, randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

// The project's own packages: the same versions of every library on both sides.
const own = createRequire(pathToFileURL(`${process.cwd()}/package.json`));
const { serve } = own("@hono/node-server");
const { Hono } = own("hono");
const { Redis } = own("ioredis");
const { Pool } = own("pg");
const { jwtVerify } = await import(pathToFileURL(own.resolve("jose")).href);

const { env } = process;
const key = createSecretKey(env.JWT_SECRET ?? "", "utf8");
const [limit, window] = (env.RATE_LIMIT_USER ?? "").split("/").map(Number);
const script = readFileSync(process.argv[2] ?? "", "utf8");
const columns = "SELECT id, author_id, title, body, created_at, updated_at FROM posts";

const redis = new Redis(env.REDIS_URL, {
  scripts: { count: { lua: script, numberOfKeys: 1 } },
});
const pool = new Pool({ connectionString: env.DATABASE_URL, max: Number(env.DB_POOL_MAX) });
const fetch = async (name: string, text: string, values: unknown[]) =>
  (await pool.query({ name, text, values })).rows;

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
  if (req.path === "/healthz") return await next();
  const token = req.header("Authorization")?.slice("Bearer ".length) ?? "";
  const { payload } = await jwtVerify(token, key, {
    algorithms: ["HS256"],
    issuer: env.JWT_ISSUER,
    audience: env.JWT_AUDIENCE,
  });
  const [allowed] = await redis.count(
    `rl:bare:${payload.sub}`,
    limit,
    (window ?? 0) * 1000,
    randomUUID(),
    1,
  );
  const sql = "SELECT id, token_version FROM users WHERE id = $1";
  const [user] = await fetch("user", sql, [payload.sub]);
  if (!allowed || user?.token_version !== payload.ver) throw new Error("not signed in");
  return await next();
});

app.get("/healthz", (c: Context) => c.json({ status: "ok" }));

app.get("/v1/posts", async (c: Context) => {
  const sql = `${columns} ORDER BY created_at DESC, id DESC LIMIT $1`;
  return c.json({ data: await fetch("page", sql, [Number(c.req.query("limit") ?? 20)]) });
});

app.get("/v1/posts/:id", async (c: Context) => {
  const [post] = await fetch("one", `${columns} WHERE id = $1`, [c.req.param("id")]);
  return c.json(post);
});

serve({ fetch: app.fetch, hostname: "127.0.0.1", port: Number(env.PORT) });
