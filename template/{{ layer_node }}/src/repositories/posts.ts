/** Posts. The feed is read in keyset order, which stays right while rows come and go. */

import { sql } from "kysely";
import type { Position } from "../cursor.ts";
import type { Connection } from "../db.ts";
import type { Post } from "../models.ts";

const COLUMNS = [
  "id",
  "author_id",
  "title",
  "body",
  "version",
  "created_at",
  "updated_at",
] as const;

export function add(
  connection: Connection,
  post: { id: string; author_id: string; title: string; body: string },
): Promise<Post> {
  return connection.insertInto("posts").values(post).returning(COLUMNS).executeTakeFirstOrThrow();
}

export function get(connection: Connection, postId: string): Promise<Post | undefined> {
  return connection.selectFrom("posts").select(COLUMNS).where("id", "=", postId).executeTakeFirst();
}

export function lock(connection: Connection, postId: string): Promise<Post | undefined> {
  return connection
    .selectFrom("posts")
    .select(COLUMNS)
    .where("id", "=", postId)
    .forUpdate()
    .executeTakeFirst();
}

export function update(
  connection: Connection,
  postId: string,
  authorId: string,
  changes: { title?: string | undefined; body?: string | undefined },
): Promise<Post | undefined> {
  return connection
    .updateTable("posts")
    .set((column) => ({
      title: column.fn.coalesce(sql<string>`${changes.title ?? null}`, "title"),
      body: column.fn.coalesce(sql<string>`${changes.body ?? null}`, "body"),
      version: column("version", "+", 1),
      updated_at: sql<Date>`greatest(now(), updated_at + interval '1 ms')`,
    }))
    .where("id", "=", postId)
    .where("author_id", "=", authorId)
    .returning(COLUMNS)
    .executeTakeFirst();
}

export async function remove(connection: Connection, postId: string): Promise<void> {
  await connection.deleteFrom("posts").where("id", "=", postId).execute();
}

/** The ids of the posts that are gone now. */
export async function removeByAuthor(connection: Connection, authorId: string): Promise<string[]> {
  const rows = await connection
    .deleteFrom("posts")
    .where("author_id", "=", authorId)
    .returning("id")
    .execute();
  return rows.map((row) => row.id);
}

/** The newest posts, or those behind a position; of one author, or of all. Each of the four is a
 * statement of its own, so that it walks the index that was made for it. */
export function feed(
  connection: Connection,
  filter: { after: Position | undefined; authorId: string | undefined },
  count: number,
): Promise<Post[]> {
  const { after, authorId } = filter;
  return connection
    .selectFrom("posts")
    .select(COLUMNS)
    .$if(authorId !== undefined, (query) => query.where("author_id", "=", authorId ?? ""))
    .$if(after !== undefined, (query) =>
      query.where(sql<boolean>`(created_at, id) < (${after?.created_at}, ${after?.id})`),
    )
    .orderBy("created_at", "desc")
    .orderBy("id", "desc")
    .limit(count)
    .execute();
}
