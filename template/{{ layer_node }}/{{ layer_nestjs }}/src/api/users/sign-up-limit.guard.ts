/** Counts sign-ups by where they come from. */

import { type CanActivate, type ExecutionContext, Injectable } from "@nestjs/common";
import type { FastifyRequest } from "fastify";

@Injectable()
export class SignUpLimitGuard implements CanActivate {
  async canActivate(context: ExecutionContext): Promise<boolean> {
    const { exchange, server } = context.switchToHttp().getRequest<FastifyRequest>();
    await server.guards.limitSignUps(exchange);
    return true;
  }
}
