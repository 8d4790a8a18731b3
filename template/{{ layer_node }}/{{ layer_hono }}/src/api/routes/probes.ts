/** /healthz and /readyz */

import { Hono } from "hono";
import { LIVE, readiness } from "../../http/probes.ts";
import type { Env } from "../env.ts";

export const probes = new Hono<Env>();

probes.get("/healthz", (c) => c.json(LIVE));

probes.get("/readyz", async (c) => {
  const { status, body } = await readiness(c.var.services);
  return c.json(body, status);
});
