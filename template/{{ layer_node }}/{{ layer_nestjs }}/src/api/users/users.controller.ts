/** /v1/users */

import {
  Body,
  Controller,
  Delete,
  Get,
  HttpCode,
  Param,
  Post,
  Res,
  UseGuards,
} from "@nestjs/common";
import type { FastifyReply } from "fastify";
import type { z } from "zod";
import * as schemas from "../../schemas.ts";
import { AccountService } from "../../services/accounts.ts";
import { CurrentUserId } from "../common/request.decorators.ts";
import { ResourceIdPipe } from "../common/resource-id.pipe.ts";
import { SignedInGuard } from "../common/signed-in.guard.ts";
import { ZodPipe } from "../common/zod.pipe.ts";
import { SignUpLimitGuard } from "./sign-up-limit.guard.ts";

@Controller("v1/users")
export class UsersController {
  constructor(private readonly accounts: AccountService) {}

  @Post()
  @UseGuards(SignUpLimitGuard)
  async signUp(
    @Body(new ZodPipe(schemas.signUp)) body: z.output<typeof schemas.signUp>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const user = await this.accounts.signUp(body.email, body.name, body.password);
    reply.header("Location", `/v1/users/${user.id}`);
    return schemas.me(user);
  }

  @Get("me")
  @UseGuards(SignedInGuard)
  async me(@CurrentUserId() userId: string) {
    return schemas.me(await this.accounts.get(userId));
  }

  @Delete("me")
  @HttpCode(204)
  @UseGuards(SignedInGuard)
  delete(@CurrentUserId() userId: string): Promise<void> {
    return this.accounts.delete(userId);
  }

  @Get(":id")
  async get(@Param("id", ResourceIdPipe) id: string) {
    return schemas.publicUser(await this.accounts.get(id));
  }
}
