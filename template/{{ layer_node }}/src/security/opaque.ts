/** Random tokens that are handed out once and kept only as their hash. */

import { createHash, randomBytes } from "node:crypto";

const TOKEN_BYTES = 32;

/** 256 random bits as 43 characters of base64url. */
export function newToken(): string {
  return randomBytes(TOKEN_BYTES).toString("base64url");
}

export function hashToken(token: string): Buffer {
  // No salt and no stretching: the input already has full entropy.
  return createHash("sha256").update(token).digest();
}
