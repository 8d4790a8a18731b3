/** `build`: the whole service from its settings; nothing connects or listens before `init`. */

import { NestFactory } from "@nestjs/core";
import { FastifyAdapter, type NestFastifyApplication } from "@nestjs/platform-fastify";
import type { Settings } from "../config/index.ts";
import { buildServices } from "../services/index.ts";
import { AppModule } from "./app.module.ts";
import { NestLogger } from "./core/nest.logger.ts";
import { createServer } from "./server.ts";

export function build(settings: Settings): Promise<NestFastifyApplication> {
  const services = buildServices(settings);
  return NestFactory.create<NestFastifyApplication>(
    AppModule.forRoot(settings, services),
    new FastifyAdapter(createServer(settings, services)),
    // Bodies are parsed by the server; what goes wrong at the start is for the caller to tell.
    { bodyParser: false, abortOnError: false, logger: new NestLogger() },
  );
}
