/** What each job does. */

import { sql } from "kysely";
import * as mail from "../mail.ts";
import * as emailTokens from "../repositories/email-tokens.ts";
import { hashToken, newToken } from "../security/opaque.ts";
import { purge } from "./purge.ts";
import { HopelessJob, type Registry, type Resources } from "./registry.ts";
import type { ClaimedJob } from "./store.ts";
import * as types from "./types.ts";

/** A mail around a link; `purpose` and `path` are of the token in it. */
interface Letter {
  readonly purpose: emailTokens.Purpose;
  readonly path: string;
  readonly subject: string;
  readonly text: (link: string) => string;
}

const VERIFY_EMAIL: Letter = {
  purpose: "verify_email",
  path: "/verify-email",
  subject: "Confirm your email address",
  text: (link) => `Welcome!

Please confirm your email address by opening this link:

${link}

If you did not sign up, you can ignore this message.
`,
};

const RESET_PASSWORD: Letter = {
  purpose: "reset_password",
  path: "/reset-password",
  subject: "Choose a new password",
  text: (link) => `Somebody, hopefully you, asked for a new password.

Choose one by opening this link:

${link}

If it was not you, you can ignore this message: your password has not changed.
`,
};

async function sendVerificationEmail(job: ClaimedJob, resources: Resources): Promise<void> {
  await sendLetter(VERIFY_EMAIL, resources.settings.verifyTokenTtl, job, resources);
}

async function sendPasswordReset(job: ClaimedJob, resources: Resources): Promise<void> {
  // Enqueued for an unknown address as for a known one, so that both requests take as long.
  if (job.user_id === null) return;
  await sendLetter(RESET_PASSWORD, resources.settings.resetTokenTtl, job, resources);
}

async function exportPosts(job: ClaimedJob, { db }: Resources): Promise<unknown> {
  const { rows } = await sql`
    SELECT count(*)::int AS post_count FROM posts WHERE author_id = ${ownerOf(job)}
  `.execute(db.query);
  return rows[0];
}

async function purgeExpired(_job: ClaimedJob, resources: Resources): Promise<unknown> {
  const { db, settings, signal } = resources;
  return { deleted: await purge(db.query, settings.jobRetention, signal) };
}

export const HANDLERS: Registry = {
  [types.SEND_VERIFICATION_EMAIL]: sendVerificationEmail,
  [types.SEND_PASSWORD_RESET]: sendPasswordReset,
  [types.EXPORT_POSTS]: exportPosts,
  [types.PURGE_EXPIRED]: purgeExpired,
};

function ownerOf(job: ClaimedJob): string {
  if (job.user_id === null) throw new HopelessJob("the job names no user");
  return job.user_id;
}

/**
 * Make a token that lives for `ttl` seconds and mail the link that holds it.
 *
 * The token itself exists here and in the mail; the database only ever sees its hash.
 */
async function sendLetter(
  letter: Letter,
  ttl: number,
  job: ClaimedJob,
  { db, settings, signal }: Resources,
): Promise<void> {
  const userId = ownerOf(job);
  const token = newToken();
  const recipient = await db.transaction(async (connection) => {
    // The lock keeps the user from being deleted before the token that refers to it is there.
    const user = await connection
      .selectFrom("users")
      .select("email")
      .where("id", "=", userId)
      .forKeyShare()
      .executeTakeFirst();
    if (user) {
      const { purpose } = letter;
      await emailTokens.add(connection, { hash: hashToken(token), userId, purpose, ttl });
    }
    return user?.email;
  });
  if (recipient === undefined) return;
  const link = `${settings.publicAppUrl.replace(/\/+$/, "")}${letter.path}?token=${token}`;
  const { subject } = letter;
  await mail.send(settings, { jobId: job.id, recipient, subject, text: letter.text(link) }, signal);
}
