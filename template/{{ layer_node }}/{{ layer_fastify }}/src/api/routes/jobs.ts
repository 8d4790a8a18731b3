/** Exports, and the state of jobs. */

import { resourceId } from "../../http/routing.ts";
import * as schemas from "../../schemas.ts";
import type { Routes } from "../plugins/validation.ts";

export const jobs: Routes = async (app) => {
  const { signedIn, services } = app;

  app.post("/exports", { onRequest: signedIn }, async ({ userId }, reply) => {
    const job = await services.jobs.exportPosts(userId);
    reply.code(202).header("Location", `/v1/jobs/${job.id}`);
    return schemas.job(job);
  });

  app.get<{ Params: { id: string } }>(
    "/jobs/:id",
    { onRequest: signedIn },
    async ({ params, userId }) =>
      schemas.job(await services.jobs.get(resourceId(params.id), userId)),
  );
};
