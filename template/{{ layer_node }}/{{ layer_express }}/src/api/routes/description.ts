/** /openapi.yaml, for people who develop against the service. */

import { readFile } from "node:fs/promises";
import type { Router } from "express";
import { fileOf } from "../../project.ts";
import type { Dependencies } from "../dependencies.ts";
import { strictRouter } from "../middleware/routing.ts";

export function description({ settings }: Dependencies): Router {
  const router = strictRouter();
  if (settings.appEnv === "production") return router;

  router.get("/openapi.yaml", async (_req, res) => {
    res.type("application/yaml").send(await readFile(fileOf("openapi.yaml"), "utf8"));
  });

  return router;
}
