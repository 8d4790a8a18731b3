/** /openapi.yaml, for people who develop against the service. */

import { readFile } from "node:fs/promises";
import { Hono } from "hono";
import { fileOf } from "../../project.ts";
import type { Env } from "../env.ts";

export const description = new Hono<Env>();

description.get("/openapi.yaml", async (c) => {
  const text = await readFile(fileOf("openapi.yaml"), "utf8");
  return c.body(text, 200, { "Content-Type": "application/yaml" });
});
