/** Signed-in clients: short-lived access tokens, renewed by a refresh token that is used once. */

import type { Settings } from "../config/index.ts";
import type { Connection, Database } from "../db.ts";
import { InvalidCredentials, ServiceError } from "../errors.ts";
import { uuid7 } from "../ids.ts";
import type { User } from "../models.ts";
import { log } from "../observability/logging.ts";
import type { RedisStore } from "../redis.ts";
import * as refreshTokens from "../repositories/refresh-tokens.ts";
import * as users from "../repositories/users.ts";
import { AccessTokens } from "../security/access-tokens.ts";
import { hashToken, newToken } from "../security/opaque.ts";

export class RefreshInvalid extends ServiceError {
  constructor() {
    super("refresh_invalid");
  }
}

/** What a client is handed. `expiresIn` is the access token's life, and `maxAge` what the refresh
 * token has left, both in seconds. */
export interface Credentials {
  readonly accessToken: string;
  readonly expiresIn: number;
  readonly refreshToken: string;
  readonly maxAge: number;
}

export class SessionService {
  readonly #db: Database;
  readonly #accessTokens: AccessTokens;
  readonly #refreshTtl: number;

  constructor(db: Database, _redis: RedisStore, settings: Settings) {
    this.#db = db;
    this.#accessTokens = new AccessTokens(settings);
    this.#refreshTtl = settings.refreshTokenTtl;
  }

  /** The user whom the token still speaks for. */
  async authenticate(accessToken: string): Promise<string | undefined> {
    const claims = await this.#accessTokens.read(accessToken);
    if (claims === undefined) return undefined;
    const standing = await users.getStanding(this.#db.query, claims.userId);
    return standing?.token_version === claims.version ? standing.id : undefined;
  }

  /** Begin a family of refresh tokens for a user whose password was just checked. */
  signIn(user: User): Promise<Credentials> {
    return this.#db.transaction(async (connection) => {
      const current = await users.lock(connection, user.id);
      // The password may have been reset since it was checked.
      if (current?.token_version !== user.token_version) throw new InvalidCredentials();
      return this.open(connection, current);
    });
  }

  open(connection: Connection, user: User): Promise<Credentials> {
    const expiresAt = new Date(Date.now() + this.#refreshTtl * 1000);
    return this.#issue(connection, user, uuid7(), expiresAt);
  }

  /** Exchange the token. One that was used before costs its whole family: either the thief or the
   * owner is holding a copy, and nobody can tell which. */
  async refresh(refreshToken: string): Promise<Credentials> {
    const tokenHash = hashToken(refreshToken);
    const outcome = await this.#db.transaction(async (connection) => {
      const user = await this.#lockOwner(connection, tokenHash);
      if (user === undefined) return {};
      const rotation = await refreshTokens.use(connection, tokenHash);
      if (rotation) {
        const { family_id, expires_at } = rotation;
        return { credentials: await this.#issue(connection, user, family_id, expires_at) };
      }
      const familyId = await refreshTokens.findUsedFamily(connection, tokenHash);
      if (familyId === undefined) return {};
      await refreshTokens.revokeFamily(connection, familyId);
      return { stolenFrom: user.id };
    });
    if (outcome.credentials) return outcome.credentials;
    if (outcome.stolenFrom) log.warn({ user_id: outcome.stolenFrom }, "refresh_token_reuse");
    throw new RefreshInvalid();
  }

  /** End the family that the token belongs to, if there is one. */
  async signOut(refreshToken: string): Promise<void> {
    const tokenHash = hashToken(refreshToken);
    await this.#db.transaction(async (connection) => {
      if (await this.#lockOwner(connection, tokenHash)) {
        await refreshTokens.revokeFamilyOf(connection, tokenHash);
      }
    });
  }

  /** End every family of a locked user; their access tokens end with `token_version`. */
  async revokeAll(connection: Connection, userId: string): Promise<void> {
    await refreshTokens.revokeAll(connection, userId);
  }

  async #lockOwner(connection: Connection, tokenHash: Buffer): Promise<User | undefined> {
    const ownerId = await refreshTokens.findOwner(connection, tokenHash);
    return ownerId === undefined ? undefined : users.lock(connection, ownerId);
  }

  async #issue(
    connection: Connection,
    user: User,
    familyId: string,
    expiresAt: Date,
  ): Promise<Credentials> {
    const refreshToken = newToken();
    await refreshTokens.add(connection, {
      id: uuid7(),
      family_id: familyId,
      user_id: user.id,
      token_hash: hashToken(refreshToken),
      expires_at: expiresAt,
    });
    const accessToken = await this.#accessTokens.mint({
      userId: user.id,
      version: user.token_version,
    });
    const left = Math.round((expiresAt.getTime() - Date.now()) / 1000);
    const expiresIn = this.#accessTokens.ttl;
    return { accessToken, expiresIn, refreshToken, maxAge: Math.max(1, left) };
  }
}
