/** Access tokens: signed JWTs (RFC 9068) that say who the caller is and nothing more. */

import { createSecretKey, type webcrypto } from "node:crypto";
import { errors, jwtVerify, SignJWT } from "jose";
import { LRUCache } from "lru-cache";
import type { Settings } from "../config/index.ts";
import { parseUuid, uuid7 } from "../ids.ts";

const ALGORITHM = "HS256";
const TOKEN_TYPE = "at+jwt";
const CLOCK_SKEW_SECONDS = 60;
// A client sends the same token until it expires, and what its signature says of it stays true.
// About 1 KiB each.
const MOST_REMEMBERED = 5000;

/** The subject, and the version of their credentials that the token was made for. */
export interface Claims {
  readonly userId: string;
  readonly version: number;
}

interface Verified {
  readonly claims: Claims;
  readonly expiresAt: number;
}

export class AccessTokens {
  readonly ttl: number;
  readonly #key: webcrypto.CryptoKey;
  readonly #issuer: string;
  readonly #audience: string;
  readonly #verified = new LRUCache<string, Verified>({ max: MOST_REMEMBERED });

  constructor(settings: Settings) {
    this.ttl = settings.accessTokenTtl;
    // In the form that verifying takes: any other would be converted again for every request.
    const secret = createSecretKey(settings.jwtSecret, "utf8");
    this.#key = secret.toCryptoKey({ name: "HMAC", hash: "SHA-256" }, false, ["sign", "verify"]);
    this.#issuer = settings.jwtIssuer;
    this.#audience = settings.jwtAudience;
  }

  mint(claims: Claims): Promise<string> {
    const now = secondsNow();
    return new SignJWT({ ver: claims.version })
      .setProtectedHeader({ alg: ALGORITHM, typ: TOKEN_TYPE })
      .setIssuer(this.#issuer)
      .setAudience(this.#audience)
      .setSubject(claims.userId)
      .setIssuedAt(now)
      .setExpirationTime(now + this.ttl)
      .setJti(uuid7())
      .sign(this.#key);
  }

  /** What the token says, or undefined unless it is one of ours and still valid. */
  async read(token: string): Promise<Claims | undefined> {
    const known = this.#verified.get(token);
    if (known && secondsNow() < known.expiresAt + CLOCK_SKEW_SECONDS) return known.claims;
    const verified = await this.#verify(token);
    if (verified) this.#verified.set(token, verified);
    return verified?.claims;
  }

  async #verify(token: string): Promise<Verified | undefined> {
    try {
      const { payload } = await jwtVerify(token, this.#key, {
        algorithms: [ALGORITHM],
        typ: TOKEN_TYPE,
        issuer: this.#issuer,
        audience: this.#audience,
        clockTolerance: CLOCK_SKEW_SECONDS,
        requiredClaims: ["sub", "iat", "exp", "jti", "ver"],
      });
      const { sub = "", exp: expiresAt = 0, ver: version } = payload;
      const userId = parseUuid(sub);
      return userId !== undefined && Number.isInteger(version)
        ? { claims: { userId, version: version as number }, expiresAt }
        : undefined;
    } catch (error) {
      if (error instanceof errors.JOSEError || error instanceof TypeError) return undefined;
      throw error;
    }
  }
}

const secondsNow = (): number => Math.floor(Date.now() / 1000);
