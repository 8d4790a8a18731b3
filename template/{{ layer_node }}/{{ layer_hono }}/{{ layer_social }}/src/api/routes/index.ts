/** Every route of the service, by where it is. */

import { Hono } from "hono";
import type { Env, Parts } from "../env.ts";
import { account } from "./account.ts";
import { auth } from "./auth.ts";
import { description } from "./description.ts";
import { jobs } from "./jobs.ts";
import { oauth } from "./oauth.ts";
import { posts } from "./posts.ts";
import { probes } from "./probes.ts";
import { users } from "./users.ts";

export function routes(parts: Parts): Hono<Env> {
  const app = new Hono<Env>();
  app.route("/v1/users", users);
  app.route("/v1/auth", auth);
  app.route("/v1/auth/oauth", oauth(parts));
  app.route("/v1", account);
  app.route("/v1/posts", posts);
  app.route("/v1", jobs);
  app.route("/", probes);
  if (parts.settings.appEnv !== "production") app.route("/", description);
  return app;
}
