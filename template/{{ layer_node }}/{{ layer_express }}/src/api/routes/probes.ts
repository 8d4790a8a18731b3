/** /healthz and /readyz */

import type { Router } from "express";
import { LIVE, readiness } from "../../http/probes.ts";
import type { Dependencies } from "../dependencies.ts";
import { strictRouter } from "../middleware/routing.ts";

export function probes({ services }: Dependencies): Router {
  const router = strictRouter();

  router.get("/healthz", (_req, res) => {
    res.json(LIVE);
  });

  router.get("/readyz", async (_req, res) => {
    const { status, body } = await readiness(services);
    res.status(status).json(body);
  });

  return router;
}
