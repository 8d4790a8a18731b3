/** Accounts at providers: the pair of provider and subject, never the email. */

import { sql } from "kysely";
import type { Connection } from "../db.ts";
import type { User } from "../models.ts";
import { COLUMNS } from "./users.ts";

declare module "../tables.ts" {
  interface Tables {
    oauth_identities: {
      provider: string;
      subject: string;
      user_id: string;
    };
  }
}

export async function findUser(
  connection: Connection,
  provider: string,
  subject: string,
): Promise<string | undefined> {
  const row = await connection
    .selectFrom("oauth_identities")
    .select("user_id")
    .where("provider", "=", provider)
    .where("subject", "=", subject)
    .executeTakeFirst();
  return row?.user_id;
}

/** False if the identity is somebody's already. */
export async function add(
  connection: Connection,
  identity: { provider: string; subject: string; user_id: string },
): Promise<boolean> {
  const added = await connection
    .insertInto("oauth_identities")
    .values(identity)
    .onConflict((conflict) => conflict.columns(["provider", "subject"]).doNothing())
    .returning("user_id")
    .executeTakeFirst();
  return added !== undefined;
}

export function lockUserByEmail(connection: Connection, email: string): Promise<User | undefined> {
  return connection
    .selectFrom("users")
    .select(COLUMNS)
    .where("email", "=", email)
    .forNoKeyUpdate()
    .executeTakeFirst();
}

/** Leave a locked user to the owner of the address: no password, no credential in use. */
export function handOver(connection: Connection, userId: string): Promise<User> {
  return connection
    .updateTable("users")
    .set((column) => ({
      password_hash: null,
      email_verified_at: sql<Date>`now()`,
      token_version: column("token_version", "+", 1),
      updated_at: sql<Date>`now()`,
    }))
    .where("id", "=", userId)
    .returning(COLUMNS)
    .executeTakeFirstOrThrow();
}
