/** Checking a password, slowly for everyone and not for ever for anyone. */

import { createHash } from "node:crypto";
import type { Database } from "../db.ts";
import { InvalidCredentials } from "../errors.ts";
import type { Hashing } from "../hashing.ts";
import type { User } from "../models.ts";
import { log } from "../observability/logging.ts";
import { enforce, type RateLimiter } from "../rate-limit.ts";
import * as users from "../repositories/users.ts";
import { rateLimitKey } from "../security/client-ip.ts";

export class LoginService {
  readonly #db: Database;
  readonly #limiter: RateLimiter;
  readonly #hashing: Hashing;

  constructor(db: Database, limiter: RateLimiter, hashing: Hashing) {
    this.#db = db;
    this.#limiter = limiter;
    this.#hashing = hashing;
  }

  /**
   * The user whose password this is. Raises InvalidCredentials or RateLimited.
   *
   * Only failures are counted: against the pair of email and address, which stops guessing without
   * locking the owner out, and against the address, which stops trying many emails.
   */
  async check(email: string, password: string, clientIp: string): Promise<User> {
    const user = await users.getByEmail(this.#db.query, email);
    const emailHash = hashEmail(email);
    const ip = rateLimitKey(clientIp);
    const pair = `${emailHash}:${ip}`;
    // Inside the slot, or a burst would be let through before its first failure is counted.
    const fits = await this.#hashing.slot(async () => {
      enforce(await this.#limiter.peek("login", pair));
      enforce(await this.#limiter.peek("login_ip", ip));
      if (await this.#hashing.verify(user?.password_hash ?? null, password)) {
        await this.#limiter.clear("login", pair);
        return true;
      }
      await this.#limiter.count("login", pair);
      await this.#limiter.count("login_ip", ip);
      return false;
    });
    if (user && fits) {
      log.info({ user_id: user.id }, "login_succeeded");
      return user;
    }
    log.info({ email_hash: emailHash, ...(user && { user_id: user.id }) }, "login_failed");
    throw new InvalidCredentials();
  }
}

export function hashEmail(email: string): string {
  return createHash("sha256").update(email).digest("hex");
}
