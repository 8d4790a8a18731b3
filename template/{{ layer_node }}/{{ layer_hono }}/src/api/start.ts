/** The service, ready to take requests. */

import type { Settings } from "../config/index.ts";
import type { Application } from "../http/serve.ts";
import { closeServices, openServices } from "../services/index.ts";
import { build } from "./app.ts";
import { serverOf } from "./server.ts";

export async function start(settings: Settings): Promise<Application> {
  const { app, services } = build(settings);
  await openServices(services);
  return { server: serverOf(app, settings), close: () => closeServices(services) };
}
