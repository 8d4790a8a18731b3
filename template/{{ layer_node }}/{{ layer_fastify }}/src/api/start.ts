/** The service, ready to take requests. */

import type { Settings } from "../config/index.ts";
import type { Application } from "../http/serve.ts";
import { build } from "./app.ts";

export async function start(settings: Settings): Promise<Application> {
  const app = build(settings);
  await app.ready();
  return { server: app.server, close: () => app.close() };
}
