/** Sign-in through an OpenID Connect provider: there and back. */

import type { IncomingHttpHeaders } from "node:http";
import {
  Controller,
  Get,
  Headers,
  HttpStatus,
  Inject,
  Query,
  Redirect,
  Res,
  UseFilters,
  UseGuards,
} from "@nestjs/common";
import type { FastifyReply } from "fastify";
import type { Settings } from "../../config/index.ts";
import { handOut, signIn } from "../../http/credentials.ts";
import { transactionCookie } from "../../http/social.ts";
import type { Services } from "../../services/index.ts";
import { type ProvidersAnswer, SocialService, TRANSACTION_SECONDS } from "../../services/social.ts";
import { SERVICES, SETTINGS } from "../core/tokens.ts";
import { ProviderGuard } from "./provider.guard.ts";
import { SignInFailedFilter } from "./sign-in-failed.filter.ts";

// 303, so that nothing of this request is sent on to where it leads; the handler says where.
const Leave = () => Redirect("", HttpStatus.SEE_OTHER);

@Controller("v1/auth/oauth/:provider")
@UseGuards(ProviderGuard)
@UseFilters(SignInFailedFilter)
export class OauthController {
  constructor(
    private readonly social: SocialService,
    @Inject(SERVICES) private readonly services: Services,
    @Inject(SETTINGS) private readonly settings: Settings,
  ) {}

  @Get("start")
  @Leave()
  async start(@Res({ passthrough: true }) reply: FastifyReply) {
    const { location, token } = await this.social.begin();
    reply.header("Set-Cookie", transactionCookie(this.settings).set(token, TRANSACTION_SECONDS));
    return { url: location };
  }

  @Get("callback")
  @Leave()
  async callback(
    @Headers() headers: IncomingHttpHeaders,
    @Query() answer: ProvidersAnswer,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const cookie = transactionCookie(this.settings);
    const user = await this.social.complete(cookie.read(headers.cookie), answer);
    const credentials = await signIn(this.services, user, headers, this.settings);
    reply.header("Set-Cookie", [cookie.clear(), handOut(credentials, this.settings)]);
    return { url: this.settings.oauthSuccessUrl };
  }
}
