/** The service, ready to take requests. */

import type { Settings } from "../config/index.ts";
import type { Application } from "../http/serve.ts";
import { build } from "./app.ts";

export async function start(settings: Settings): Promise<Application> {
  const app = await build(settings);
  await app.init();
  await app.getHttpAdapter().getInstance().ready();
  return { server: app.getHttpServer(), close: () => app.close() };
}
