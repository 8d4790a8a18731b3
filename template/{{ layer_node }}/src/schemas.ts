/**
 * Requests and responses as clients see them; `openapi.yaml` describes the same shapes.
 *
 * Requests are strict (a number is not a string) and ignore members that they do not know.
 */

import { z } from "zod";
import type { Fault, Rule } from "./errors.ts";
import { parseUuid } from "./ids.ts";
import type { Job, Post, User } from "./models.ts";
import * as passwords from "./security/passwords.ts";
import * as text from "./text.ts";

export const NAME_MAX = 100;
const TITLE_MAX = 200;
const BODY_MAX = 10_000;
const TOKEN_MAX = 128;
const CURSOR_MAX = 512;

type Broken = Omit<Fault, "field">;

/** Text that keeps every rule; the first one that it breaks is what the client is told. */
function ruled(...rules: ((value: string) => Broken | undefined)[]) {
  return z.string().superRefine((value, context) => {
    for (const rule of [wellFormed, ...rules]) {
      const broken = rule(value);
      if (broken === undefined) continue;
      context.addIssue({ code: "custom", message: broken.message, params: { rule: broken.rule } });
      return;
    }
  });
}

const broken = (rule: Rule, message: string): Broken => ({ rule, message });

/** Half of a surrogate pair is no character, and could not be stored. */
const wellFormed = (value: string) =>
  value.isWellFormed()
    ? undefined
    : broken("forbidden_char", "has a character that is not allowed");

/** PostgreSQL's text has no room for U+0000. */
const clean = (value: string) =>
  value.includes("\0")
    ? broken("forbidden_char", "must not contain the character U+0000")
    : undefined;

const notBlank = (value: string) =>
  text.isBlank(value) ? broken("min_length", "must have more than white space") : undefined;

const atMost = (limit: number) => (value: string) =>
  text.longerThan(value, limit)
    ? broken("max_length", `must have at most ${limit} characters`)
    : undefined;

const notEmpty = (value: string) => (value === "" ? broken("min_length", "is empty") : undefined);

const anEmail = (value: string) =>
  text.isEmail(value) ? undefined : broken("format", "must be an email address");

const strong = (value: string) => {
  const weakness = passwords.weakness(value);
  return weakness && broken(weakness.rule, weakness.message);
};

/** In the one form in which addresses are stored and compared. */
const newEmail = ruled(atMost(text.EMAIL_MAX), clean, anEmail).toLowerCase();
const anyEmail = ruled(atMost(text.EMAIL_MAX), clean).toLowerCase();
const newPassword = ruled(strong);
const anyPassword = ruled(atMost(passwords.MAX_LENGTH));
const token = ruled(notEmpty, atMost(TOKEN_MAX));
const written = (limit: number) => ruled(notEmpty, atMost(limit), clean, notBlank);

export const signUp = z
  .object({ email: newEmail, name: written(NAME_MAX), password: newPassword })
  .superRefine(({ email, password }, context) => {
    // What is weak in itself has been told already.
    const weakness = passwords.weakness(password) ? undefined : passwords.weakness(password, email);
    if (weakness === undefined) return;
    const { message, rule } = weakness;
    context.addIssue({ code: "custom", path: ["password"], message, params: { rule } });
  });
export const login = z.object({ email: anyEmail, password: anyPassword });
export const forgotPassword = z.object({ email: anyEmail });
export const verifyEmail = z.object({ token });
export const resetPassword = z.object({ token, new_password: newPassword });
export const changePassword = z.object({
  current_password: anyPassword,
  new_password: newPassword,
});
export const postCreate = z.object({ title: written(TITLE_MAX), body: written(BODY_MAX) });
/** A member that is left out stays as it is; null is not a way to leave it out. */
export const postUpdate = postCreate.partial();
export type PostChanges = z.output<typeof postUpdate>;

const LIMIT_MAX = 100;

export const postQuery = z.object({
  limit: z
    .string()
    .regex(/^\d{1,4}$/)
    .transform(Number)
    .refine((limit) => limit >= 1 && limit <= LIMIT_MAX, {
      error: `must be from 1 to ${LIMIT_MAX}`,
      params: { rule: "format" },
    })
    .default(20),
  cursor: ruled(atMost(CURSOR_MAX)).optional(),
  author_id: z
    .string()
    .refine((value) => parseUuid(value) !== undefined, {
      error: "must be a UUID",
      params: { rule: "format" },
    })
    .toLowerCase()
    .optional(),
});

export const me = (user: User) => ({
  id: user.id,
  email: user.email,
  name: user.name,
  email_verified: user.email_verified_at !== null,
  created_at: user.created_at.toISOString(),
});

export const publicUser = ({ id, name, created_at }: User) => ({
  id,
  name,
  created_at: created_at.toISOString(),
});

export const post = ({ id, author_id, title, body, created_at, updated_at }: Post) => ({
  id,
  author_id,
  title,
  body,
  created_at: created_at.toISOString(),
  updated_at: updated_at.toISOString(),
});

export interface Page<Row> {
  readonly data: readonly Row[];
  readonly next_cursor: string | null;
}

export const postPage = ({ data, next_cursor }: Page<Post>) => ({
  data: data.map(post),
  next_cursor,
});

export const job = (row: Job) => ({
  id: row.id,
  type: row.type,
  status: row.status,
  attempts: row.attempts,
  created_at: row.created_at.toISOString(),
  finished_at: row.finished_at?.toISOString() ?? null,
  result: row.result,
  error: row.status === "dead" ? "The job failed and will not be tried again." : null,
});
