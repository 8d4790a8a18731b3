/** Sign-in through a provider: from the redirect there to the user here. */

import type { Settings } from "../config/index.ts";
import type { Connection } from "../db.ts";
import { Unavailable } from "../errors.ts";
import { uuid7 } from "../ids.ts";
import type { User } from "../models.ts";
import { log } from "../observability/logging.ts";
import { Provider, ProviderUnavailable } from "../provider.ts";
import { RedisDown } from "../redis.ts";
import * as emailTokens from "../repositories/email-tokens.ts";
import * as identities from "../repositories/identities.ts";
import * as users from "../repositories/users.ts";
import { NAME_MAX } from "../schemas.ts";
import { hashToken, newToken } from "../security/opaque.ts";
import {
  authorizationUrl,
  type Identity,
  IdTokenInvalid,
  newTransaction,
  same,
  type Transaction,
} from "../security/openid.ts";
import * as text from "../text.ts";
import type { Services } from "./index.ts";

export const TRANSACTION_SECONDS = 600;

export type Reason =
  | "oauth_state_invalid"
  | "oauth_denied"
  | "oauth_unavailable"
  | "oauth_token_invalid"
  | "oauth_email_unverified";

/** `reason` is what the browser is sent back with. */
export class SignInFailed extends Error {
  readonly reason: Reason;

  constructor(reason: Reason, cause?: unknown) {
    super(reason, { cause });
    this.reason = reason;
  }
}

/** Another request gave this identity to a user first. */
class IdentityTaken extends Error {}

/** What the browser brings back from the provider. */
export type ProvidersAnswer = Readonly<Record<string, unknown>>;

export class SocialService {
  readonly #services: Services;
  readonly #settings: Settings;
  readonly #provider: Provider;

  constructor(services: Services, settings: Settings) {
    this.#services = services;
    this.#settings = settings;
    this.#provider = new Provider(settings);
  }

  /** Where to send the browser, and the token that ties the sign-in to it. Raises SignInFailed or
   * Unavailable. */
  async begin(): Promise<{ location: string; token: string }> {
    const endpoint = await this.#provider.authorizationEndpoint().catch(explain);
    const transaction = newTransaction();
    const token = newToken();
    try {
      await this.#services.redis.run((redis) =>
        redis.set(keyOf(token), JSON.stringify(transaction), "EX", TRANSACTION_SECONDS),
      );
    } catch (error) {
      throw error instanceof RedisDown ? new Unavailable(error) : error;
    }
    return { location: authorizationUrl(endpoint, this.#settings, transaction), token };
  }

  /** The user behind the provider's answer. Raises SignInFailed. */
  async complete(token: string | undefined, answer: ProvidersAnswer): Promise<User> {
    const transaction = await this.#take(token);
    const { state, error, iss = this.#settings.oauthIssuer, code = "" } = answer;
    if (transaction === undefined || !same(transaction.state, String(state))) {
      throw new SignInFailed("oauth_state_invalid");
    }
    if (error !== undefined) {
      throw new SignInFailed(error === "access_denied" ? "oauth_denied" : "oauth_unavailable");
    }
    if (iss !== this.#settings.oauthIssuer) throw new SignInFailed("oauth_token_invalid");
    const identity = await this.#provider.redeem(String(code), transaction).catch(explain);
    return this.#userOf(identity);
  }

  async #take(token: string | undefined): Promise<Transaction | undefined> {
    if (token === undefined) return undefined;
    try {
      const value = await this.#services.redis.run((redis) => redis.getdel(keyOf(token)));
      return value === null ? undefined : (JSON.parse(value) as Transaction);
    } catch (error) {
      throw error instanceof RedisDown ? new SignInFailed("oauth_unavailable", error) : error;
    }
  }

  async #userOf(identity: Identity): Promise<User> {
    for (;;) {
      try {
        const user = await this.#services.db.transaction((connection) =>
          this.#findOrLink(connection, identity),
        );
        log.info({ user_id: user.id, provider: this.#name }, "login_succeeded");
        return user;
      } catch (error) {
        if (!(error instanceof IdentityTaken)) throw error;
      }
    }
  }

  async #findOrLink(connection: Connection, identity: Identity): Promise<User> {
    const { subject, email, emailVerified } = identity;
    const userId = await identities.findUser(connection, this.#name, subject);
    const known = userId === undefined ? undefined : await users.lock(connection, userId);
    if (known) return known;
    // Without the provider's word for it, an address proves nothing about its owner.
    if (!emailVerified || email === undefined || !isAddress(email)) {
      throw new SignInFailed("oauth_email_unverified");
    }
    const user = await this.#userWith(connection, email.toLowerCase(), identity);
    const added = { provider: this.#name, subject, user_id: user.id };
    if (!(await identities.add(connection, added))) throw new IdentityTaken();
    return user;
  }

  async #userWith(connection: Connection, email: string, identity: Identity): Promise<User> {
    const name = nameOf(identity) || (email.split("@")[0] ?? "");
    const id = uuid7();
    const user =
      (await users.add(connection, { id, email, name, password_hash: null })) ??
      (await identities.lockUserByEmail(connection, email));
    if (user === undefined) throw new IdentityTaken();
    return user.email_verified_at === null ? this.#takeOver(connection, user) : user;
  }

  /** Whoever registered this address never proved that it is theirs; its owner just did. Nothing
   * that was set up or handed out before may survive. */
  async #takeOver(connection: Connection, user: User): Promise<User> {
    await emailTokens.removeAll(connection, user.id, "reset_password");
    await emailTokens.removeAll(connection, user.id, "verify_email");
    await this.#services.sessions.revokeAll(connection, user.id);
    return identities.handOver(connection, user.id);
  }

  get #name(): string {
    return this.#settings.oauthProvider;
  }
}

function explain(error: unknown): never {
  if (error instanceof ProviderUnavailable) throw new SignInFailed("oauth_unavailable", error);
  if (error instanceof IdTokenInvalid) throw new SignInFailed("oauth_token_invalid", error);
  throw error;
}

function isAddress(email: string): boolean {
  return text.isEmail(email) && !text.longerThan(email, text.EMAIL_MAX);
}

/** What the provider calls the user, as it can be kept. */
function nameOf({ name = "" }: Identity): string {
  const kept = name.toWellFormed().replaceAll("\0", "").trim();
  return [...kept].slice(0, NAME_MAX).join("");
}

const keyOf = (token: string): string => `oauth_tx:${hashToken(token).toString("hex")}`;
