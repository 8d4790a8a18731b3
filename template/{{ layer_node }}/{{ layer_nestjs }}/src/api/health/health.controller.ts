/** /healthz and /readyz */

import { Controller, Get, Inject, Res } from "@nestjs/common";
import type { FastifyReply } from "fastify";
import { LIVE, type Readiness, readiness } from "../../http/probes.ts";
import type { Services } from "../../services/index.ts";
import { SERVICES } from "../core/tokens.ts";

@Controller()
export class HealthController {
  constructor(@Inject(SERVICES) private readonly services: Services) {}

  @Get("healthz")
  live() {
    return LIVE;
  }

  @Get("readyz")
  async ready(@Res({ passthrough: true }) reply: FastifyReply): Promise<Readiness["body"]> {
    const { status, body } = await readiness(this.services);
    reply.code(status);
    return body;
  }
}
