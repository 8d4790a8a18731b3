/** Passwords: which are accepted, and how they are kept (Argon2id). */

import { readFileSync } from "node:fs";
import { hash, verify } from "@node-rs/argon2";
import type { Rule } from "../errors.ts";
import { fileOf } from "../project.ts";
import { longerThan, shorterThan } from "../text.ts";

export const MAX_LENGTH = 128;
// The second of OWASP's recommended settings: 19 MiB, two passes, one lane. Argon2id is the default.
const COST = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };

/** Rules for new passwords; lengths are in code points, and any character is welcome. */
export const policy = { minLength: 15 };

/** The rule that the password breaks, if any. */
export function weakness(
  password: string,
  email?: string,
): { rule: Rule; message: string } | undefined {
  if (shorterThan(password, policy.minLength)) {
    return { rule: "min_length", message: `must have at least ${policy.minLength} characters` };
  }
  if (longerThan(password, MAX_LENGTH)) {
    return { rule: "max_length", message: `must have at most ${MAX_LENGTH} characters` };
  }
  const lower = password.toLowerCase();
  if (commonPasswords().has(lower)) {
    return { rule: "too_common", message: "is on the list of common passwords" };
  }
  if (lower === email?.toLowerCase()) {
    return { rule: "too_common", message: "must not be the email address" };
  }
  return undefined;
}

export function hashPassword(password: string): Promise<string> {
  return hash(password, COST);
}

/** Whether the password fits. Takes as long when there is no hash to compare with. */
export async function verifyPassword(
  passwordHash: string | null,
  password: string,
): Promise<boolean> {
  const fits = await verify(passwordHash ?? (await decoy()), password).catch(() => false);
  return fits && passwordHash !== null;
}

let common: ReadonlySet<string> | undefined;

function commonPasswords(): ReadonlySet<string> {
  common ??= new Set(readFileSync(fileOf("resources/common-passwords.txt"), "utf8").split("\n"));
  return common;
}

let nobodys: Promise<string> | undefined;

function decoy(): Promise<string> {
  nobodys ??= hashPassword("nobody has this one");
  return nobodys;
}
