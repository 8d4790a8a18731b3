/** The service, ready to take requests. */

import { createServer, type RequestListener } from "node:http";
import type { Express, Request, Response } from "express";
import type { Settings } from "../config/index.ts";
import { unreadable } from "../http/failures.ts";
import type { Application } from "../http/serve.ts";
import { buildServices, closeServices, openServices } from "../services/index.ts";
import { build } from "./app.ts";

export async function start(settings: Settings): Promise<Application> {
  const services = buildServices(settings);
  const app = build(settings, services);
  await openServices(services);
  const server = createServer(listener(app, settings));
  return { server, close: () => closeServices(services) };
}

/** The application as it is, but for targets that Express cannot parse (`http://[/`): it shows
 * them to no middleware, and would answer with a page. */
function listener(app: Express, settings: Settings): RequestListener {
  return (request, response) => {
    app(request as Request, response as Response, () => {
      const { status, headers, body } = unreadable(request, settings);
      response.writeHead(status, { ...headers, "Content-Type": "application/json" });
      response.end(JSON.stringify(body));
    });
  };
}
