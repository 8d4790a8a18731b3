/** Operations on one's own account that do not depend on how one signs in. */

import {
  Body,
  Controller,
  Headers,
  HttpCode,
  Inject,
  Post,
  Put,
  Res,
  UseGuards,
} from "@nestjs/common";
import type { FastifyReply } from "fastify";
import type { z } from "zod";
import type { Settings } from "../../config/index.ts";
import { credentialCookie, handOut } from "../../http/credentials.ts";
import * as schemas from "../../schemas.ts";
import { AccountService } from "../../services/accounts.ts";
import { SessionService } from "../../services/sessions.ts";
import { ClientIp, CurrentUserId } from "../common/request.decorators.ts";
import { SignedInGuard } from "../common/signed-in.guard.ts";
import { ZodPipe } from "../common/zod.pipe.ts";
import { SETTINGS } from "../core/tokens.ts";

@Controller("v1")
export class AccountController {
  constructor(
    private readonly accounts: AccountService,
    private readonly sessions: SessionService,
    @Inject(SETTINGS) private readonly settings: Settings,
  ) {}

  @Put("users/me/password")
  @HttpCode(204)
  @UseGuards(SignedInGuard)
  async changePassword(
    @CurrentUserId() userId: string,
    @Body(new ZodPipe(schemas.changePassword)) body: z.output<typeof schemas.changePassword>,
    @ClientIp() clientIp: string,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<void> {
    const credentials = await this.accounts.changePassword(
      userId,
      body.current_password,
      body.new_password,
      clientIp,
    );
    reply.header("Set-Cookie", handOut(credentials, this.settings));
  }

  @Post("auth/logout")
  @HttpCode(204)
  async signOut(
    @Headers("cookie") cookies: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<void> {
    const cookie = credentialCookie(this.settings);
    const credential = cookie.read(cookies);
    if (credential !== undefined) await this.sessions.signOut(credential);
    reply.header("Set-Cookie", cookie.clear());
  }

  @Post("auth/logout-all")
  @HttpCode(204)
  @UseGuards(SignedInGuard)
  signOutEverywhere(@CurrentUserId() userId: string): Promise<void> {
    return this.accounts.signOutEverywhere(userId);
  }

  @Post("auth/verify-email")
  @HttpCode(204)
  verifyEmail(
    @Body(new ZodPipe(schemas.verifyEmail)) { token }: z.output<typeof schemas.verifyEmail>,
  ): Promise<void> {
    return this.accounts.verifyEmail(token);
  }

  @Post("auth/password/forgot")
  @HttpCode(202)
  async forgotPassword(
    @Body(new ZodPipe(schemas.forgotPassword)) { email }: z.output<typeof schemas.forgotPassword>,
  ) {
    await this.accounts.forgotPassword(email);
    return {};
  }

  @Post("auth/password/reset")
  @HttpCode(204)
  resetPassword(
    @Body(new ZodPipe(schemas.resetPassword)) body: z.output<typeof schemas.resetPassword>,
  ): Promise<void> {
    return this.accounts.resetPassword(body.token, body.new_password);
  }
}
