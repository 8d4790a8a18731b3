/** Every feature of the service. */

import { AuthModule } from "./auth/auth.module.ts";
import { HealthModule } from "./health/health.module.ts";
import { JobsModule } from "./jobs/jobs.module.ts";
import { PostsModule } from "./posts/posts.module.ts";
import { UsersModule } from "./users/users.module.ts";

export const FEATURES = [UsersModule, AuthModule, PostsModule, JobsModule, HealthModule];
