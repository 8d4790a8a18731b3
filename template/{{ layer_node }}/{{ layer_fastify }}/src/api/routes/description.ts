/** /openapi.yaml, for people who develop against the service. */

import { readFile } from "node:fs/promises";
import { fileOf } from "../../project.ts";
import type { Routes } from "../plugins/validation.ts";

export const description: Routes = async (app) => {
  if (app.settings.appEnv === "production") return;
  app.get("/openapi.yaml", async (_request, reply) =>
    reply.type("application/yaml").send(await readFile(fileOf("openapi.yaml"), "utf8")),
  );
};
