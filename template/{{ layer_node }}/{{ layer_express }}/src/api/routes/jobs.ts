/** Exports, and the state of jobs. */

import type { Router } from "express";
import { resourceId } from "../../http/routing.ts";
import * as schemas from "../../schemas.ts";
import type { Dependencies } from "../dependencies.ts";
import { signedIn } from "../middleware/guards.ts";
import { strictRouter } from "../middleware/routing.ts";

export function jobs({ json, services }: Dependencies): Router {
  const router = strictRouter();

  router.post("/v1/exports", signedIn, json, async (req, res) => {
    const job = await services.jobs.exportPosts(req.userId);
    res.status(202).location(`/v1/jobs/${job.id}`).json(schemas.job(job));
  });

  router.get("/v1/jobs/:id", signedIn, async (req, res) => {
    res.json(schemas.job(await services.jobs.get(resourceId(req.params.id), req.userId)));
  });

  return router;
}
