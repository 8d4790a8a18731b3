/** Of any provider but the configured one there is nothing here. */

import { type CanActivate, type ExecutionContext, Inject, Injectable } from "@nestjs/common";
import type { FastifyRequest } from "fastify";
import type { Settings } from "../../config/index.ts";
import { NotFound } from "../../errors.ts";
import { SETTINGS } from "../core/tokens.ts";

@Injectable()
export class ProviderGuard implements CanActivate {
  constructor(@Inject(SETTINGS) private readonly settings: Settings) {}

  canActivate(context: ExecutionContext): boolean {
    const { params } = context.switchToHttp().getRequest<FastifyRequest>();
    const { provider } = params as { provider: string };
    if (provider !== this.settings.oauthProvider) throw new NotFound();
    return true;
  }
}
