/** Sign-in: an access token in the body, a refresh token in a cookie that scripts cannot read. */

import type { IncomingHttpHeaders } from "node:http";
import { Body, Controller, Headers, HttpCode, Inject, Post, Res } from "@nestjs/common";
import type { FastifyReply } from "fastify";
import type { z } from "zod";
import type { Settings } from "../../config/index.ts";
import { credentialCookie, handOut, signIn, tokens } from "../../http/credentials.ts";
import * as schemas from "../../schemas.ts";
import type { Services } from "../../services/index.ts";
import { LoginService } from "../../services/logins.ts";
import { RefreshInvalid, SessionService } from "../../services/sessions.ts";
import { ClientIp } from "../common/request.decorators.ts";
import { ZodPipe } from "../common/zod.pipe.ts";
import { SERVICES, SETTINGS } from "../core/tokens.ts";

@Controller("v1/auth")
export class AuthController {
  constructor(
    private readonly logins: LoginService,
    private readonly sessions: SessionService,
    @Inject(SERVICES) private readonly services: Services,
    @Inject(SETTINGS) private readonly settings: Settings,
  ) {}

  @Post("login")
  @HttpCode(200)
  async login(
    @Body(new ZodPipe(schemas.login)) { email, password }: z.output<typeof schemas.login>,
    @ClientIp() clientIp: string,
    @Headers() headers: IncomingHttpHeaders,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const user = await this.logins.check(email, password, clientIp);
    const credentials = await signIn(this.services, user, headers, this.settings);
    reply.header("Set-Cookie", handOut(credentials, this.settings));
    return tokens(credentials);
  }

  @Post("refresh")
  @HttpCode(200)
  async refresh(
    @Headers("cookie") cookies: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const cookie = credentialCookie(this.settings);
    try {
      const credentials = await this.sessions.refresh(cookie.read(cookies) ?? "");
      reply.header("Set-Cookie", handOut(credentials, this.settings));
      return tokens(credentials);
    } catch (error) {
      if (error instanceof RefreshInvalid) reply.header("Set-Cookie", cookie.clear());
      throw error;
    }
  }
}
