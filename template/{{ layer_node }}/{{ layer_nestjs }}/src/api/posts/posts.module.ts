import { Module } from "@nestjs/common";
import { PostsController } from "./posts.controller.ts";

@Module({ controllers: [PostsController] })
export class PostsModule {}
