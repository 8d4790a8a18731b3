/** Exports, and the state of jobs. */

import { Controller, Get, HttpCode, Param, Post, Res, UseGuards } from "@nestjs/common";
import type { FastifyReply } from "fastify";
import * as schemas from "../../schemas.ts";
import { JobService } from "../../services/jobs.ts";
import { CurrentUserId } from "../common/request.decorators.ts";
import { ResourceIdPipe } from "../common/resource-id.pipe.ts";
import { SignedInGuard } from "../common/signed-in.guard.ts";

@Controller("v1")
@UseGuards(SignedInGuard)
export class JobsController {
  constructor(private readonly jobs: JobService) {}

  @Post("exports")
  @HttpCode(202)
  async exportPosts(
    @CurrentUserId() userId: string,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const job = await this.jobs.exportPosts(userId);
    reply.header("Location", `/v1/jobs/${job.id}`);
    return schemas.job(job);
  }

  @Get("jobs/:id")
  async get(@Param("id", ResourceIdPipe) id: string, @CurrentUserId() userId: string) {
    return schemas.job(await this.jobs.get(id, userId));
  }
}
