/** Refresh tokens: each is used once; all that descend from one sign-in are a family. */

import { sql } from "kysely";
import type { Connection } from "../db.ts";

declare module "../tables.ts" {
  interface Tables {
    refresh_tokens: {
      id: string;
      family_id: string;
      user_id: string;
      token_hash: Buffer;
      expires_at: Date;
      used_at: Date | null;
      revoked_at: Date | null;
    };
  }
}

export interface Rotation {
  readonly family_id: string;
  readonly user_id: string;
  readonly expires_at: Date;
}

export async function add(
  connection: Connection,
  token: {
    id: string;
    family_id: string;
    user_id: string;
    token_hash: Buffer;
    expires_at: Date;
  },
): Promise<void> {
  await connection.insertInto("refresh_tokens").values(token).execute();
}

/** Use the token up. Of several requests at once with one token, one gets the row. */
export function use(connection: Connection, tokenHash: Buffer): Promise<Rotation | undefined> {
  return connection
    .updateTable("refresh_tokens")
    .set({ used_at: sql<Date>`now()` })
    .where("token_hash", "=", tokenHash)
    .where("used_at", "is", null)
    .where("revoked_at", "is", null)
    .where("expires_at", ">", sql<Date>`now()`)
    .returning(["family_id", "user_id", "expires_at"])
    .executeTakeFirst();
}

export async function findOwner(
  connection: Connection,
  tokenHash: Buffer,
): Promise<string | undefined> {
  const row = await connection
    .selectFrom("refresh_tokens")
    .select("user_id")
    .where("token_hash", "=", tokenHash)
    .executeTakeFirst();
  return row?.user_id;
}

/** The family of a token that was used before, while it could still have been used. */
export async function findUsedFamily(
  connection: Connection,
  tokenHash: Buffer,
): Promise<string | undefined> {
  const row = await connection
    .selectFrom("refresh_tokens")
    .select("family_id")
    .where("token_hash", "=", tokenHash)
    .where("used_at", "is not", null)
    .where("expires_at", ">", sql<Date>`now()`)
    .executeTakeFirst();
  return row?.family_id;
}

export async function revokeFamily(connection: Connection, familyId: string): Promise<void> {
  await connection
    .updateTable("refresh_tokens")
    .set({ revoked_at: sql<Date>`now()` })
    .where("family_id", "=", familyId)
    .where("revoked_at", "is", null)
    .execute();
}

export async function revokeFamilyOf(connection: Connection, tokenHash: Buffer): Promise<void> {
  const row = await connection
    .selectFrom("refresh_tokens")
    .select("family_id")
    .where("token_hash", "=", tokenHash)
    .executeTakeFirst();
  if (row) await revokeFamily(connection, row.family_id);
}

export async function revokeAll(connection: Connection, userId: string): Promise<void> {
  await connection
    .updateTable("refresh_tokens")
    .set({ revoked_at: sql<Date>`now()` })
    .where("user_id", "=", userId)
    .where("revoked_at", "is", null)
    .execute();
}
