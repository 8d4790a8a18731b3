/** Tokens that were sent by mail; only their hashes are kept. */

import { sql } from "kysely";
import type { Connection } from "../db.ts";
import type { Tables } from "../tables.ts";

export type Purpose = Tables["email_tokens"]["purpose"];

/** The user whom a live token belongs to; the row stays locked until the commit. */
export async function find(
  connection: Connection,
  tokenHash: Buffer,
  purpose: Purpose,
): Promise<string | undefined> {
  const row = await connection
    .selectFrom("email_tokens")
    .select("user_id")
    .where("token_hash", "=", tokenHash)
    .where("purpose", "=", purpose)
    .where("expires_at", ">", sql<Date>`now()`)
    .forUpdate()
    .executeTakeFirst();
  return row?.user_id;
}

/** `ttl` is in seconds. */
export async function add(
  connection: Connection,
  token: { hash: Buffer; userId: string; purpose: Purpose; ttl: number },
): Promise<void> {
  await connection
    .insertInto("email_tokens")
    .values({
      token_hash: token.hash,
      user_id: token.userId,
      purpose: token.purpose,
      expires_at: sql<Date>`now() + make_interval(secs => ${token.ttl})`,
    })
    .execute();
}

export async function removeAll(
  connection: Connection,
  userId: string,
  purpose: Purpose,
): Promise<void> {
  await connection
    .deleteFrom("email_tokens")
    .where("user_id", "=", userId)
    .where("purpose", "=", purpose)
    .execute();
}
