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
} from "@nestjs/common";
import type { FastifyReply } from "fastify";
import type { z } from "zod";
import { etagOf, matchesWeakly } from "../../etags.ts";
import type * as models from "../../models.ts";
import * as schemas from "../../schemas.ts";
import { PostService } from "../../services/posts.ts";
import { CurrentUserId } from "../common/request.decorators.ts";
import { ResourceIdPipe } from "../common/resource-id.pipe.ts";
import { SignedInGuard } from "../common/signed-in.guard.ts";
import { ZodPipe } from "../common/zod.pipe.ts";

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
  async create(
    @CurrentUserId() userId: string,
    @Body(new ZodPipe(schemas.postCreate)) { title, body }: z.output<typeof schemas.postCreate>,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const post = await this.posts.create(userId, title, body);
    reply.header("Location", `/v1/posts/${post.id}`);
    return tagged(reply, post);
  }

  @Get(":id")
  @Header("Cache-Control", REVALIDATE)
  async get(
    @Param("id", ResourceIdPipe) id: string,
    @Headers("if-none-match") ifNoneMatch: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const post = await this.posts.get(id);
    if (matchesWeakly(ifNoneMatch, etagOf(post))) {
      reply.code(304).header("ETag", etagOf(post));
      return undefined;
    }
    return tagged(reply, post);
  }

  @Patch(":id")
  @UseGuards(SignedInGuard)
  async update(
    @Param("id", ResourceIdPipe) id: string,
    @CurrentUserId() userId: string,
    @Body(new ZodPipe(schemas.postUpdate)) changes: schemas.PostChanges,
    @Headers("if-match") ifMatch: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    return tagged(reply, await this.posts.update(id, userId, changes, ifMatch));
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

function tagged(reply: FastifyReply, post: models.Post) {
  reply.header("ETag", etagOf(post));
  return schemas.post(post);
}
