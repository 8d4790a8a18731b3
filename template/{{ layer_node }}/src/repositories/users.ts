/** Users and what identifies them. Queries take a connection and run one statement; none commits. */

import { sql } from "kysely";
import type { Connection } from "../db.ts";
import type { User } from "../models.ts";

export const COLUMNS = [
  "id",
  "email",
  "name",
  "password_hash",
  "email_verified_at",
  "token_version",
  "created_at",
] as const;

/** What a request needs to know of its caller: who, and which credentials still count. */
export interface Standing {
  readonly id: string;
  readonly token_version: number;
}

/** The new user, or undefined if the email is taken. */
export function add(
  connection: Connection,
  user: { id: string; email: string; name: string; password_hash: string | null },
): Promise<User | undefined> {
  return connection
    .insertInto("users")
    .values(user)
    .onConflict((conflict) => conflict.column("email").doNothing())
    .returning(COLUMNS)
    .executeTakeFirst();
}

export function get(connection: Connection, userId: string): Promise<User | undefined> {
  return connection.selectFrom("users").select(COLUMNS).where("id", "=", userId).executeTakeFirst();
}

export function getByEmail(connection: Connection, email: string): Promise<User | undefined> {
  return connection
    .selectFrom("users")
    .select(COLUMNS)
    .where("email", "=", email)
    .executeTakeFirst();
}

export function getStanding(connection: Connection, userId: string): Promise<Standing | undefined> {
  return connection
    .selectFrom("users")
    .select(["id", "token_version"])
    .where("id", "=", userId)
    .executeTakeFirst();
}

/**
 * The user, who stays as read until the commit. Whatever grants or revokes a credential takes this
 * lock first, so that nothing granted at the same moment survives a revocation.
 */
export function lock(connection: Connection, userId: string): Promise<User | undefined> {
  return connection
    .selectFrom("users")
    .select(COLUMNS)
    .where("id", "=", userId)
    .forNoKeyUpdate()
    .executeTakeFirst();
}

/** Replace the password and revoke every access token made before. */
export function setPassword(
  connection: Connection,
  userId: string,
  passwordHash: string,
): Promise<User> {
  return connection
    .updateTable("users")
    .set((column) => ({
      password_hash: passwordHash,
      token_version: column("token_version", "+", 1),
      updated_at: sql<Date>`now()`,
    }))
    .where("id", "=", userId)
    .returning(COLUMNS)
    .executeTakeFirstOrThrow();
}

export async function revokeAccess(connection: Connection, userId: string): Promise<void> {
  await connection
    .updateTable("users")
    .set((column) => ({ token_version: column("token_version", "+", 1) }))
    .where("id", "=", userId)
    .execute();
}

export async function markVerified(connection: Connection, userId: string): Promise<void> {
  await connection
    .updateTable("users")
    .set({ email_verified_at: sql<Date>`now()`, updated_at: sql<Date>`now()` })
    .where("id", "=", userId)
    .execute();
}

export async function remove(connection: Connection, userId: string): Promise<void> {
  await connection.deleteFrom("users").where("id", "=", userId).execute();
}
