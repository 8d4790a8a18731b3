/** The cache of single posts: filled on a miss, emptied after a commit, never trusted. */

import { z } from "zod";
import type { CoreSettings } from "./config/core.ts";
import type { Post } from "./models.ts";
import { cacheRequests } from "./observability/metrics.ts";
import { RedisDown, type RedisStore, Script } from "./redis.ts";

const JITTER = 0.1;
// After a write the key holds this for a while instead of nothing: a reader that fetched the old
// row before the commit then cannot put the old post back. Longer than any read may take.
const CHANGED = "changed";
const CHANGED_MS = 10_000;
const FILL = new Script(`
if redis.call('GET', KEYS[1]) == ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
return 1
`);

const cachedPost = z.object({
  id: z.string(),
  author_id: z.string(),
  title: z.string(),
  body: z.string(),
  version: z.int(),
  created_at: z.iso.datetime().transform((moment) => new Date(moment)),
  updated_at: z.iso.datetime().transform((moment) => new Date(moment)),
});

export class PostCache {
  readonly #store: RedisStore;
  readonly #ttlMs: number;

  constructor(store: RedisStore, settings: CoreSettings) {
    this.#store = store;
    this.#ttlMs = settings.cacheTtl * 1000;
  }

  /** The cached post; a value that cannot be read counts as a miss. */
  async get(postId: string): Promise<Post | undefined> {
    try {
      const value = await this.#store.run((redis) => redis.get(keyOf(postId)));
      const post = decode(value);
      cacheRequests.inc({ result: post ? "hit" : "miss" });
      return post;
    } catch (error) {
      countError(error);
      return undefined;
    }
  }

  async fill(post: Post): Promise<void> {
    // Spread over time, so that posts cached together do not expire together.
    const ttlMs = Math.round(this.#ttlMs * (1 + JITTER * (2 * Math.random() - 1)));
    const value = JSON.stringify(post);
    try {
      await this.#store.run((redis) => FILL.run(redis, [keyOf(post.id)], [CHANGED, value, ttlMs]));
    } catch (error) {
      countError(error);
    }
  }

  /** Forget posts that have changed; to be called after the commit. */
  async drop(...postIds: string[]): Promise<void> {
    if (postIds.length === 0) return;
    try {
      await this.#store.run((redis) =>
        Promise.all(postIds.map((id) => redis.set(keyOf(id), CHANGED, "PX", CHANGED_MS))),
      );
    } catch (error) {
      countError(error);
    }
  }
}

const keyOf = (postId: string): string => `cache:post:${postId}`;

function countError(error: unknown): void {
  if (!(error instanceof RedisDown)) throw error;
  cacheRequests.inc({ result: "error" });
}

function decode(value: string | null): Post | undefined {
  if (value === null || value === CHANGED) return undefined;
  try {
    return cachedPost.safeParse(JSON.parse(value)).data;
  } catch {
    return undefined;
  }
}
