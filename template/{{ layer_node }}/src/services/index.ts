/** What decides: one service per subject, wired together in one place. */

import { PostCache } from "../cache.ts";
import type { Settings } from "../config/index.ts";
import { Database } from "../db.ts";
import { Hashing } from "../hashing.ts";
import { RateLimiter } from "../rate-limit.ts";
import { RedisStore } from "../redis.ts";
import { policy } from "../security/passwords.ts";
import { AccountService } from "./accounts.ts";
import { JobService } from "./jobs.ts";
import { LoginService } from "./logins.ts";
import { PostService } from "./posts.ts";
import { SessionService } from "./sessions.ts";

export interface Services {
  readonly db: Database;
  readonly redis: RedisStore;
  readonly limiter: RateLimiter;
  readonly accounts: AccountService;
  readonly jobs: JobService;
  readonly logins: LoginService;
  readonly posts: PostService;
  readonly sessions: SessionService;
}

/** Wire the services; nothing connects before `openServices`. */
export function buildServices(settings: Settings): Services {
  policy.minLength = settings.passwordMinLength;
  const db = new Database(settings);
  const redis = new RedisStore(settings);
  const limiter = new RateLimiter(redis, settings);
  const cache = new PostCache(redis, settings);
  const hashing = new Hashing();
  const jobs = new JobService(db, settings);
  const logins = new LoginService(db, limiter, hashing);
  const sessions = new SessionService(db, redis, settings);
  const accounts = new AccountService({ db, cache, limiter, hashing, jobs, logins, sessions });
  const posts = new PostService(db, cache);
  return { db, redis, limiter, accounts, jobs, logins, posts, sessions };
}

export async function openServices({ db, redis }: Services): Promise<void> {
  db.open();
  await redis.open();
}

export async function closeServices({ db, redis }: Services): Promise<void> {
  redis.close();
  await db.close();
}
