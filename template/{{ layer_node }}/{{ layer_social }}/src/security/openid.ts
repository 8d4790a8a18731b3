/** OpenID Connect, the parts that need no network: what to ask for, and what to believe. */

import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTPayload, jwtVerify } from "jose";
import type { SocialSettings } from "../config/social.ts";

const SCOPE = "openid email profile";
// Asymmetric only: a key that anybody can fetch must never verify an HMAC.
const ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "ES256", "ES384", "EdDSA"];
const CLOCK_SKEW_SECONDS = 60;

/** The ID token is not one that this sign-in asked for. */
export class IdTokenInvalid extends Error {}

/** What binds a sign-in to the browser that began it. */
export interface Transaction {
  readonly state: string;
  readonly nonce: string;
  readonly verifier: string;
}

/** Who the provider says signed in. */
export interface Identity {
  readonly subject: string;
  readonly email: string | undefined;
  readonly emailVerified: boolean;
  readonly name: string | undefined;
}

export function newTransaction(): Transaction {
  const random = () => randomBytes(32).toString("base64url");
  return { state: random(), nonce: random(), verifier: random() };
}

export function challengeOf({ verifier }: Transaction): string {
  return createHash("sha256").update(verifier).digest("base64url");
}

export function authorizationUrl(
  endpoint: string,
  settings: SocialSettings,
  transaction: Transaction,
): string {
  const query = new URLSearchParams({
    response_type: "code",
    client_id: settings.oauthClientId,
    redirect_uri: settings.oauthRedirectUri,
    scope: SCOPE,
    state: transaction.state,
    nonce: transaction.nonce,
    code_challenge: challengeOf(transaction),
    code_challenge_method: "S256",
  });
  return `${endpoint}${endpoint.includes("?") ? "&" : "?"}${query}`;
}

/** Compared in constant time. */
export function same(one: string, other: string): boolean {
  const [left, right] = [Buffer.from(one), Buffer.from(other)];
  return left.length === right.length && timingSafeEqual(left, right);
}

/** The identity in the token, verified with the provider's JWK set. Raises IdTokenInvalid. */
export async function readIdToken(
  idToken: string,
  keys: JSONWebKeySet,
  settings: SocialSettings,
  nonce: string,
): Promise<Identity> {
  const claims = await verified(idToken, keys, settings);
  const { sub, aud, azp, email, name } = claims;
  if (typeof claims["nonce"] !== "string" || !same(claims["nonce"], nonce) || !sub) {
    throw new IdTokenInvalid();
  }
  if (Array.isArray(aud) && aud.length > 1 && azp !== settings.oauthClientId) {
    throw new IdTokenInvalid();
  }
  return {
    subject: sub,
    email: typeof email === "string" ? email : undefined,
    emailVerified: claims["email_verified"] === true,
    name: typeof name === "string" ? name : undefined,
  };
}

async function verified(
  idToken: string,
  keys: JSONWebKeySet,
  settings: SocialSettings,
): Promise<JWTPayload> {
  try {
    const { payload } = await jwtVerify(idToken, createLocalJWKSet(keys), {
      algorithms: ALGORITHMS,
      audience: settings.oauthClientId,
      issuer: settings.oauthIssuer,
      clockTolerance: CLOCK_SKEW_SECONDS,
      requiredClaims: ["iss", "sub", "aud", "exp", "iat"],
    });
    return payload;
  } catch (error) {
    if (error instanceof errors.JOSEError || error instanceof TypeError) {
      throw new IdTokenInvalid("", { cause: error });
    }
    throw error;
  }
}
