/** Sign-in: one cookie that scripts cannot read. */

import type { IncomingHttpHeaders } from "node:http";
import { Body, Controller, Headers, HttpCode, Inject, Post, Res } from "@nestjs/common";
import type { FastifyReply } from "fastify";
import type { z } from "zod";
import type { Settings } from "../../config/index.ts";
import { handOut, signIn } from "../../http/credentials.ts";
import * as schemas from "../../schemas.ts";
import type { Services } from "../../services/index.ts";
import { LoginService } from "../../services/logins.ts";
import { ClientIp } from "../common/request.decorators.ts";
import { ZodPipe } from "../common/zod.pipe.ts";
import { SERVICES, SETTINGS } from "../core/tokens.ts";

@Controller("v1/auth")
export class AuthController {
  constructor(
    private readonly logins: LoginService,
    @Inject(SERVICES) private readonly services: Services,
    @Inject(SETTINGS) private readonly settings: Settings,
  ) {}

  @Post("login")
  @HttpCode(204)
  async login(
    @Body(new ZodPipe(schemas.login)) { email, password }: z.output<typeof schemas.login>,
    @ClientIp() clientIp: string,
    @Headers() headers: IncomingHttpHeaders,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<void> {
    const user = await this.logins.check(email, password, clientIp);
    const credentials = await signIn(this.services, user, headers, this.settings);
    reply.header("Set-Cookie", handOut(credentials, this.settings));
  }
}
