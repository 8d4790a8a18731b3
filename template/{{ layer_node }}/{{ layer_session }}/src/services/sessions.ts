/**
 * Sessions: the browser holds a random id, Redis what it stands for.
 *
 * Redis being away is an outage of sign-in, never a sign-out: what cannot be looked up is
 * Unavailable.
 */

import type { Redis } from "ioredis";
import type { Settings } from "../config/index.ts";
import type { Connection, Database } from "../db.ts";
import { InvalidCredentials, Unavailable } from "../errors.ts";
import type { User } from "../models.ts";
import { RedisDown, type RedisStore, Script } from "../redis.ts";
import * as users from "../repositories/users.ts";
import { hashToken, newToken } from "../security/opaque.ts";

// One round trip for each request: read the session, and let it live on from now, but never past
// its absolute end. Times are Redis' own.
const TOUCH = new Script(`
local session = redis.call('HMGET', KEYS[1], 'user_id', 'token_version', 'created_at')
if not session[1] then return nil end
local left = tonumber(session[3]) + tonumber(ARGV[2]) - tonumber(redis.call('TIME')[1])
if left <= 0 then redis.call('DEL', KEYS[1]) return nil end
redis.call('EXPIRE', KEYS[1], math.min(tonumber(ARGV[1]), left))
return { session[1], session[2] }
`);
const OPEN = new Script(`
redis.call('HSET', KEYS[1], 'user_id', ARGV[1], 'token_version', ARGV[2],
           'created_at', redis.call('TIME')[1])
redis.call('EXPIRE', KEYS[1], math.min(tonumber(ARGV[3]), tonumber(ARGV[4])))
redis.call('SADD', KEYS[2], ARGV[5])
redis.call('EXPIRE', KEYS[2], ARGV[4])
`);

/** What a client is handed; `maxAge` is in seconds. */
export interface Credentials {
  readonly sessionId: string;
  readonly maxAge: number;
}

export class SessionService {
  readonly #db: Database;
  readonly #redis: RedisStore;
  readonly #idleTtl: number;
  readonly #absoluteTtl: number;

  constructor(db: Database, redis: RedisStore, settings: Settings) {
    this.#db = db;
    this.#redis = redis;
    this.#idleTtl = settings.sessionIdleTtl;
    this.#absoluteTtl = settings.sessionAbsoluteTtl;
  }

  /** The user whose session this is. Raises Unavailable if Redis cannot say. */
  async authenticate(sessionId: string): Promise<string | undefined> {
    const keys = [sessionKey(digest(sessionId))];
    const limits = [this.#idleTtl, this.#absoluteTtl];
    const found = (await this.#ask((redis) => TOUCH.run(redis, keys, limits))) as
      | [userId: string, version: string]
      | null;
    if (found === null) return undefined;
    const [userId, version] = found;
    const standing = await users.getStanding(this.#db.query, userId);
    return standing?.token_version === Number(version) ? userId : undefined;
  }

  /** A new session for a user whose password was just checked; the one they came with ends. */
  async signIn(user: User, previousId: string | undefined): Promise<Credentials> {
    if (previousId !== undefined) await this.signOut(previousId);
    return this.#db.transaction(async (connection) => {
      const current = await users.lock(connection, user.id);
      // The password may have been reset since it was checked.
      if (current?.token_version !== user.token_version) throw new InvalidCredentials();
      return this.open(connection, current);
    });
  }

  async open(_connection: Connection, user: User): Promise<Credentials> {
    // The id is always ours: one that a client sent is never taken up.
    const sessionId = newToken();
    const hash = digest(sessionId);
    const keys = [sessionKey(hash), userKey(user.id)];
    const values = [user.id, user.token_version, this.#idleTtl, this.#absoluteTtl, hash];
    await this.#ask((redis) => OPEN.run(redis, keys, values));
    return { sessionId, maxAge: this.#absoluteTtl };
  }

  async signOut(sessionId: string): Promise<void> {
    await this.#ask((redis) => redis.del(sessionKey(digest(sessionId))));
  }

  /**
   * Tidy the sessions of a locked user away.
   *
   * What ends them is `token_version`, which holds even if Redis is down or the set is lost.
   */
  async revokeAll(_connection: Connection, userId: string): Promise<void> {
    const key = userKey(userId);
    try {
      await this.#redis.run(async (redis) => {
        const hashes = await redis.smembers(key);
        await redis.del(key, ...hashes.map(sessionKey));
      });
    } catch (error) {
      if (!(error instanceof RedisDown)) throw error;
    }
  }

  async #ask<T>(command: (redis: Redis) => Promise<T>): Promise<T> {
    try {
      return await this.#redis.runNow(command);
    } catch (error) {
      throw error instanceof RedisDown ? new Unavailable(error) : error;
    }
  }
}

const digest = (sessionId: string): string => hashToken(sessionId).toString("hex");
const sessionKey = (hash: string): string => `sess:${hash}`;
const userKey = (userId: string): string => `user_sess:${userId}`;
