/** The services, which know nothing of Nest, as providers that any module may inject. */

import {
  type DynamicModule,
  Global,
  Inject,
  Module,
  type OnApplicationShutdown,
  type OnModuleInit,
} from "@nestjs/common";
import type { Settings } from "../../config/index.ts";
import { AccountService } from "../../services/accounts.ts";
import { closeServices, openServices, type Services } from "../../services/index.ts";
import { JobService } from "../../services/jobs.ts";
import { LoginService } from "../../services/logins.ts";
import { PostService } from "../../services/posts.ts";
import { SessionService } from "../../services/sessions.ts";
import { SERVICES, SETTINGS } from "./tokens.ts";

@Global()
@Module({})
export class CoreModule implements OnModuleInit, OnApplicationShutdown {
  static forRoot(settings: Settings, services: Services): DynamicModule {
    const providers = [
      { provide: SETTINGS, useValue: settings },
      { provide: SERVICES, useValue: services },
      { provide: AccountService, useValue: services.accounts },
      { provide: JobService, useValue: services.jobs },
      { provide: LoginService, useValue: services.logins },
      { provide: PostService, useValue: services.posts },
      { provide: SessionService, useValue: services.sessions },
    ];
    return { module: CoreModule, providers, exports: providers };
  }

  constructor(@Inject(SERVICES) private readonly services: Services) {}

  onModuleInit(): Promise<void> {
    return openServices(this.services);
  }

  /** When the server has closed: no request is left that would need them. */
  onApplicationShutdown(): Promise<void> {
    return closeServices(this.services);
  }
}
