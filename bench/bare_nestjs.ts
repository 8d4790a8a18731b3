/**
 * The least that does the same I/O as the generated service: what NestJS itself costs, on Fastify.
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
const load = (name: string) => import(pathToFileURL(own.resolve(name)).href);
const { Controller, Get, Module, Param, Query, UseGuards } = await load("@nestjs/common");
const { NestFactory } = await load("@nestjs/core");
const { FastifyAdapter } = await load("@nestjs/platform-fastify");
const { Redis } = own("ioredis");
const { Pool } = own("pg");
const { jwtVerify } = await load("jose");

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
  switchToHttp(): { getRequest(): { headers: { authorization?: string } } };
}

class SignedIn {
  async canActivate(context: Context): Promise<boolean> {
    const { headers } = context.switchToHttp().getRequest();
    const token = headers.authorization?.slice("Bearer ".length) ?? "";
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
}

class Health {
  check() {
    return { status: "ok" };
  }
}

class Posts {
  async list(limit = "20") {
    const sql = `${columns} ORDER BY created_at DESC, id DESC LIMIT $1`;
    return { data: await fetch("page", sql, [Number(limit)]) };
  }

  async get(id: string) {
    const [post] = await fetch("one", `${columns} WHERE id = $1`, [id]);
    return post;
  }
}

class App {}

// Decorators by hand: Node strips types, and these are more than types.
const route = (of: { prototype: object }, name: string, path?: string) =>
  Get(path)(of.prototype, name, Object.getOwnPropertyDescriptor(of.prototype, name));

route(Health, "check", "healthz");
Controller()(Health);
Query("limit")(Posts.prototype, "list", 0);
route(Posts, "list");
Param("id")(Posts.prototype, "get", 0);
route(Posts, "get", ":id");
UseGuards(SignedIn)(Posts);
Controller("v1/posts")(Posts);
Module({ controllers: [Health, Posts] })(App);

const app = await NestFactory.create(App, new FastifyAdapter(), { logger: false });
await app.listen(Number(env.PORT), "127.0.0.1");
