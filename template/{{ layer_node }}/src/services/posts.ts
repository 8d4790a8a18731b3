/** Posts: who may change them, and where they are read from. */

import type { PostCache } from "../cache.ts";
import { decodeCursor, encodeCursor } from "../cursor.ts";
import type { Connection, Database } from "../db.ts";
import {
  Forbidden,
  InvalidParameter,
  NotFound,
  PreconditionFailed,
  ValidationFailed,
} from "../errors.ts";
import { etagOf, matchesStrongly } from "../etags.ts";
import { uuid7 } from "../ids.ts";
import type { Post } from "../models.ts";
import { log } from "../observability/logging.ts";
import * as posts from "../repositories/posts.ts";
import type { Page, PostChanges } from "../schemas.ts";

export class PostService {
  readonly #db: Database;
  readonly #cache: PostCache;

  constructor(db: Database, cache: PostCache) {
    this.#db = db;
    this.#cache = cache;
  }

  create(authorId: string, title: string, body: string): Promise<Post> {
    return posts.add(this.#db.query, { id: uuid7(), author_id: authorId, title, body });
  }

  async get(postId: string): Promise<Post> {
    const cached = await this.#cache.get(postId);
    if (cached) return cached;
    const post = await posts.get(this.#db.query, postId);
    if (post === undefined) throw new NotFound();
    await this.#cache.fill(post);
    return post;
  }

  async list(
    limit: number,
    cursor: string | undefined,
    authorId: string | undefined,
  ): Promise<Page<Post>> {
    const after = cursor === undefined ? undefined : decodeCursor(cursor);
    if (cursor !== undefined && after === undefined) {
      throw new InvalidParameter({
        field: "cursor",
        rule: "format",
        message: "is not a cursor of this list",
      });
    }
    // One more than asked for tells whether there is a next page.
    const rows = await posts.feed(this.#db.query, { after, authorId }, limit + 1);
    const data = rows.slice(0, limit);
    const last = data.at(-1);
    return { data, next_cursor: last && rows.length > limit ? encodeCursor(last) : null };
  }

  async update(
    postId: string,
    authorId: string,
    changes: PostChanges,
    ifMatch: string | undefined,
  ): Promise<Post> {
    if (changes.title === undefined && changes.body === undefined) {
      const fault = { rule: "required", message: "send a title, a body or both" } as const;
      throw new ValidationFailed({ field: "title", ...fault }, { field: "body", ...fault });
    }
    const post = await this.#db.transaction(async (connection) => {
      await this.#own(connection, postId, authorId, ifMatch);
      return posts.update(connection, postId, authorId, changes);
    });
    if (post === undefined) throw new NotFound();
    await this.#cache.drop(postId);
    return post;
  }

  async delete(postId: string, authorId: string, ifMatch: string | undefined): Promise<void> {
    await this.#db.transaction(async (connection) => {
      await this.#own(connection, postId, authorId, ifMatch);
      await posts.remove(connection, postId);
    });
    await this.#cache.drop(postId);
  }

  /** Lock the post. Raises unless it is the author's, in the version they have seen. */
  async #own(
    connection: Connection,
    postId: string,
    authorId: string,
    ifMatch: string | undefined,
  ): Promise<void> {
    const post = await posts.lock(connection, postId);
    if (post === undefined) throw new NotFound();
    if (post.author_id !== authorId) {
      log.info({ user_id: authorId, resource: `/v1/posts/${postId}` }, "access_denied");
      throw new Forbidden();
    }
    if (ifMatch !== undefined && !matchesStrongly(ifMatch, etagOf(post))) {
      throw new PreconditionFailed();
    }
  }
}
