/** Every route of the service, by where it is. */

import type { Routes } from "../plugins/validation.ts";
import { account } from "./account.ts";
import { auth } from "./auth.ts";
import { description } from "./description.ts";
import { jobs } from "./jobs.ts";
import { oauth } from "./oauth.ts";
import { posts } from "./posts.ts";
import { probes } from "./probes.ts";
import { users } from "./users.ts";

export const routes: Routes = async (app) => {
  app.register(users, { prefix: "/v1/users" });
  app.register(auth, { prefix: "/v1/auth" });
  app.register(oauth, { prefix: "/v1/auth/oauth/:provider" });
  app.register(account, { prefix: "/v1" });
  app.register(posts, { prefix: "/v1/posts" });
  app.register(jobs, { prefix: "/v1" });
  app.register(probes);
  app.register(description);
};
