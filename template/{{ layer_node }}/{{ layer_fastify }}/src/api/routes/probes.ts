/** /healthz and /readyz */

import { LIVE, readiness } from "../../http/probes.ts";
import type { Routes } from "../plugins/validation.ts";

export const probes: Routes = async (app) => {
  app.get("/healthz", async () => LIVE);

  app.get("/readyz", async (_request, reply) => {
    const { status, body } = await readiness(app.services);
    return reply.code(status).send(body);
  });
};
