/** The exchange that a guard, a pipe or a decorator is asked about. */

import type { ArgumentsHost } from "@nestjs/common";
import type { FastifyRequest } from "fastify";
import type { Exchange } from "../../http/exchange.ts";

export const exchangeOf = (host: ArgumentsHost): Exchange =>
  host.switchToHttp().getRequest<FastifyRequest>().exchange;
