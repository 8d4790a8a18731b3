import { Module } from "@nestjs/common";
import { SocialService } from "../../services/social.ts";
import { SERVICES, SETTINGS } from "../core/tokens.ts";
import { OauthController } from "./oauth.controller.ts";

@Module({
  controllers: [OauthController],
  providers: [
    {
      provide: SocialService,
      inject: [SERVICES, SETTINGS],
      useFactory: (...given: ConstructorParameters<typeof SocialService>) =>
        new SocialService(...given),
    },
  ],
})
export class OauthModule {}
