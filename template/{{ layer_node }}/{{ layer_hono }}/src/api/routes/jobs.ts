/** Exports, and the state of jobs. */

import { Hono } from "hono";
import { resourceId } from "../../http/routing.ts";
import * as schemas from "../../schemas.ts";
import type { Env } from "../env.ts";
import { signedIn } from "../middleware/guards.ts";
import { bodyless } from "../middleware/validation.ts";

export const jobs = new Hono<Env>();

jobs.post("/exports", signedIn, bodyless, async (c) => {
  const { services, userId } = c.var;
  const job = await services.jobs.exportPosts(userId);
  return c.json(schemas.job(job), 202, { Location: `/v1/jobs/${job.id}` });
});

jobs.get("/jobs/:id", signedIn, async (c) => {
  const { services, userId } = c.var;
  const job = await services.jobs.get(resourceId(c.req.param("id")), userId);
  return c.json(schemas.job(job));
});
