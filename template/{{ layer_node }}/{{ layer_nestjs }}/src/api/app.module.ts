/** The root: the core, every feature, and the one filter that answers for what goes wrong. */

import { type DynamicModule, Module } from "@nestjs/common";
import { APP_FILTER } from "@nestjs/core";
import type { Settings } from "../config/index.ts";
import type { Services } from "../services/index.ts";
import { ErrorsFilter } from "./common/errors.filter.ts";
import { CoreModule } from "./core/core.module.ts";
import { DescriptionModule } from "./description/description.module.ts";
import { FEATURES } from "./features.ts";

@Module({ providers: [{ provide: APP_FILTER, useClass: ErrorsFilter }] })
export class AppModule {
  static forRoot(settings: Settings, services: Services): DynamicModule {
    const described = settings.appEnv === "production" ? [] : [DescriptionModule];
    return {
      module: AppModule,
      imports: [CoreModule.forRoot(settings, services), ...FEATURES, ...described],
    };
  }
}
