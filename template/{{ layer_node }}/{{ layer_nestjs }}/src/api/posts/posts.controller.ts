/** /v1/posts */

import {
  Body,
  Controller,
  Delete,
  Get,
  Header,
  Headers,
  HttpCode,
  Param,
  Patch,
  Post,
  Query,
  Res,
  UseGuards,
  UseInterceptors,
} from "@nestjs/common";
import type { FastifyReply } from "fastify";
import type { z } from "zod";
import type * as models from "../../models.ts";
import * as schemas from "../../schemas.ts";
import { PostService } from "../../services/posts.ts";
import { CurrentUserId } from "../common/request.decorators.ts";
import { ResourceIdPipe } from "../common/resource-id.pipe.ts";
import { SignedInGuard } from "../common/signed-in.guard.ts";
import { ZodPipe } from "../common/zod.pipe.ts";
import { OnePostInterceptor } from "./one-post.interceptor.ts";

// A cache may keep these, but has to ask whether they are still fresh.
const REVALIDATE = "no-cache";

@Controller("v1/posts")
export class PostsController {
  constructor(private readonly posts: PostService) {}

  @Get()
  @Header("Cache-Control", REVALIDATE)
  async list(@Query(new ZodPipe(schemas.postQuery)) query: z.output<typeof schemas.postQuery>) {
    return schemas.postPage(await this.posts.list(query.limit, query.cursor, query.author_id));
  }

  @Post()
  @UseGuards(SignedInGuard)
  @UseInterceptors(OnePostInterceptor)
  async create(
    @CurrentUserId() userId: string,
    @Body(new ZodPipe(schemas.postCreate)) { title, body }: z.output<typeof schemas.postCreate>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<models.Post> {
    const post = await this.posts.create(userId, title, body);
    reply.header("Location", `/v1/posts/${post.id}`);
    return post;
  }

  @Get(":id")
  @Header("Cache-Control", REVALIDATE)
  @UseInterceptors(OnePostInterceptor)
  get(@Param("id", ResourceIdPipe) id: string): Promise<models.Post> {
    return this.posts.get(id);
  }

  @Patch(":id")
  @UseGuards(SignedInGuard)
  @UseInterceptors(OnePostInterceptor)
  update(
    @Param("id", ResourceIdPipe) id: string,
    @CurrentUserId() userId: string,
    @Body(new ZodPipe(schemas.postUpdate)) changes: schemas.PostChanges,
    @Headers("if-match") ifMatch: string | undefined,
  ): Promise<models.Post> {
    return this.posts.update(id, userId, changes, ifMatch);
  }

  @Delete(":id")
  @HttpCode(204)
  @UseGuards(SignedInGuard)
  delete(
    @Param("id", ResourceIdPipe) id: string,
    @CurrentUserId() userId: string,
    @Headers("if-match") ifMatch: string | undefined,
  ): Promise<void> {
    return this.posts.delete(id, userId, ifMatch);
  }
}
