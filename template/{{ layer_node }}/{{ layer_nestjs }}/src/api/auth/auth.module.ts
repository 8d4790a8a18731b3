import { Module } from "@nestjs/common";
import { AccountController } from "./account.controller.ts";
import { AuthController } from "./auth.controller.ts";

@Module({ controllers: [AuthController, AccountController] })
export class AuthModule {}
