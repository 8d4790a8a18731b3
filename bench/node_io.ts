/** What every bare program on Node does beside its framework: the generated service's own I/O. */

import { createSecretKey, randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

// The project's own packages: the same versions of every library on both sides.
const own = createRequire(pathToFileURL(`${process.cwd()}/package.json`));
export const load = (name: string) => import(pathToFileURL(own.resolve(name)).href);

const { Redis } = await load("ioredis");
const { Pool } = (await load("pg")).default;
const { jwtVerify } = await load("jose");

const { env } = process;
export const address = { host: "127.0.0.1", port: Number(env.PORT) };

// In the form that jose takes as it is, as the generated service has it.
const secret = createSecretKey(env.JWT_SECRET ?? "", "utf8");
const key = secret.toCryptoKey({ name: "HMAC", hash: "SHA-256" }, false, ["verify"]);
const [limit, window] = (env.RATE_LIMIT_USER ?? "").split("/").map(Number);
const script = readFileSync(process.argv[2] ?? "", "utf8");
const columns = "SELECT id, author_id, title, body, created_at, updated_at FROM posts";

const redis = new Redis(env.REDIS_URL, {
  scripts: { count: { lua: script, numberOfKeys: 1 } },
});
const pool = new Pool({ connectionString: env.DATABASE_URL, max: Number(env.DB_POOL_MAX) });
const fetch = async (name: string, text: string, values: unknown[]) =>
  (await pool.query({ name, text, values })).rows;

/** Verifies the token, runs one Redis script, reads the caller's row. */
export async function signedIn(authorization: string | undefined): Promise<boolean> {
  const token = authorization?.slice("Bearer ".length) ?? "";
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
  return Boolean(allowed) && user?.token_version === payload.ver;
}

export async function page(limit = "20") {
  const sql = `${columns} ORDER BY created_at DESC, id DESC LIMIT $1`;
  return { data: await fetch("page", sql, [Number(limit)]) };
}

export async function post(id: string) {
  const [found] = await fetch("one", `${columns} WHERE id = $1`, [id]);
  return found;
}
