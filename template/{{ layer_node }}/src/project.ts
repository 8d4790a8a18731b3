/** The project's own name, from the one file that holds it. */

import { readFileSync } from "node:fs";
import { z } from "zod";

const manifest = z.object({ name: z.string() });

/** A file of the project, named from its root: the same for the sources and for what is built. */
export const fileOf = (path: string): URL => new URL(`../${path}`, import.meta.url);

export const PROJECT_NAME = manifest.parse(
  JSON.parse(readFileSync(fileOf("package.json"), "utf8")),
).name;
