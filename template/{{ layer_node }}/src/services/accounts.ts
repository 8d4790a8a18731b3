/** Accounts: from sign-up to deletion, and every way a password changes. */

import type { PostCache } from "../cache.ts";
import type { Database } from "../db.ts";
import {
  EmailTaken,
  NotFound,
  TokenInvalid,
  Unauthenticated,
  ValidationFailed,
} from "../errors.ts";
import type { Hashing } from "../hashing.ts";
import { uuid7 } from "../ids.ts";
import * as types from "../jobs/types.ts";
import type { User } from "../models.ts";
import { log } from "../observability/logging.ts";
import type { RateLimiter } from "../rate-limit.ts";
import * as emailTokens from "../repositories/email-tokens.ts";
import * as posts from "../repositories/posts.ts";
import * as users from "../repositories/users.ts";
import { hashToken } from "../security/opaque.ts";
import { weakness } from "../security/passwords.ts";
import type { JobService } from "./jobs.ts";
import { hashEmail, type LoginService } from "./logins.ts";
import type { Credentials, SessionService } from "./sessions.ts";

export interface Parts {
  readonly db: Database;
  readonly cache: PostCache;
  readonly limiter: RateLimiter;
  readonly hashing: Hashing;
  readonly jobs: JobService;
  readonly logins: LoginService;
  readonly sessions: SessionService;
}

export class AccountService {
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  async signUp(email: string, name: string, password: string): Promise<User> {
    const { db, hashing, jobs } = this.#parts;
    const password_hash = await hashing.hash(password);
    return db.transaction(async (connection) => {
      const user = await users.add(connection, { id: uuid7(), email, name, password_hash });
      if (user === undefined) throw new EmailTaken();
      await jobs.enqueue(connection, types.SEND_VERIFICATION_EMAIL, user.id);
      return user;
    });
  }

  async get(userId: string): Promise<User> {
    const user = await users.get(this.#parts.db.query, userId);
    if (user === undefined) throw new NotFound();
    return user;
  }

  async verifyEmail(token: string): Promise<void> {
    await this.#parts.db.transaction(async (connection) => {
      const userId = await emailTokens.find(connection, hashToken(token), "verify_email");
      if (userId === undefined) throw new TokenInvalid();
      await emailTokens.removeAll(connection, userId, "verify_email");
      await users.markVerified(connection, userId);
    });
  }

  /** Have a reset mail sent if the email is known; take equally long if it is not. */
  async forgotPassword(email: string): Promise<void> {
    const { db, jobs, limiter } = this.#parts;
    const { allowed } = await limiter.count("forgot", hashEmail(email));
    await db.transaction(async (connection) => {
      const user = await users.getByEmail(connection, email);
      // A job for nobody sends nothing, but costs the same as one for somebody.
      const recipient = user && allowed ? user.id : null;
      await jobs.enqueue(connection, types.SEND_PASSWORD_RESET, recipient);
    });
  }

  async resetPassword(token: string, newPassword: string): Promise<void> {
    const { db, hashing, sessions } = this.#parts;
    const passwordHash = await hashing.hash(newPassword);
    const userId = await db.transaction(async (connection) => {
      const owner = await emailTokens.find(connection, hashToken(token), "reset_password");
      const user = owner === undefined ? undefined : await users.lock(connection, owner);
      if (user === undefined) throw new TokenInvalid();
      refuseEmailAsPassword(newPassword, user.email);
      await emailTokens.removeAll(connection, user.id, "reset_password");
      await users.setPassword(connection, user.id, passwordHash);
      await sessions.revokeAll(connection, user.id);
      return user.id;
    });
    log.info({ user_id: userId }, "password_reset");
  }

  /** Replace the password; everything signed in before is out, the caller starts afresh. */
  async changePassword(
    userId: string,
    currentPassword: string,
    newPassword: string,
    clientIp: string,
  ): Promise<Credentials> {
    const { db, hashing, logins, sessions } = this.#parts;
    const { email } = await this.get(userId);
    refuseEmailAsPassword(newPassword, email);
    const known = await logins.check(email, currentPassword, clientIp);
    const passwordHash = await hashing.hash(newPassword);
    return db.transaction(async (connection) => {
      const user = await users.lock(connection, userId);
      if (user?.token_version !== known.token_version) throw new Unauthenticated();
      await sessions.revokeAll(connection, userId);
      const changed = await users.setPassword(connection, userId, passwordHash);
      return sessions.open(connection, changed);
    });
  }

  async signOutEverywhere(userId: string): Promise<void> {
    await this.#parts.db.transaction(async (connection) => {
      await users.revokeAccess(connection, userId);
      await this.#parts.sessions.revokeAll(connection, userId);
    });
  }

  async delete(userId: string): Promise<void> {
    const postIds = await this.#parts.db.transaction(async (connection) => {
      await users.lock(connection, userId);
      const ids = await posts.removeByAuthor(connection, userId);
      await users.remove(connection, userId);
      return ids;
    });
    await this.#parts.cache.drop(...postIds);
    log.info({ user_id: userId }, "user_deleted");
  }
}

function refuseEmailAsPassword(password: string, email: string): void {
  const broken = weakness(password, email);
  if (broken) throw new ValidationFailed({ field: "new_password", ...broken });
}
