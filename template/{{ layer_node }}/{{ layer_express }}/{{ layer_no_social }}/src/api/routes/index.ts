/** Every router of the service. They know whole paths, as clients write them. */

import type { Router } from "express";
import type { Dependencies } from "../dependencies.ts";
import { account } from "./account.ts";
import { auth } from "./auth.ts";
import { description } from "./description.ts";
import { jobs } from "./jobs.ts";
import { posts } from "./posts.ts";
import { probes } from "./probes.ts";
import { users } from "./users.ts";

const ROUTERS = [users, auth, account, posts, jobs, probes, description];

export const routes = (dependencies: Dependencies): Router[] =>
  ROUTERS.map((router) => router(dependencies));
