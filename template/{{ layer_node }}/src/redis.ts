/** Redis, as something that may be gone: one short deadline, no retries, a rest after a failure. */

import { createHash } from "node:crypto";
import { Redis, ReplyError } from "ioredis";
import type { CoreSettings } from "./config/core.ts";
import { kindOf, log } from "./observability/logging.ts";

const REST_MS = 1000;
const WARN_EVERY_MS = 10_000;
const RECONNECT_MS = 250;

/** Redis did not answer in time, is resting after it did not, or refused a command. */
export class RedisDown extends Error {}

/** Runs commands with a deadline. After a failure it fails at once for a second, so that a hung
 * Redis costs a request one timeout and not one per command. */
export class RedisStore {
  readonly #client: Redis;
  readonly #deadlines: Deadlines;
  #restingUntil = 0;
  #warnedAt = Number.NEGATIVE_INFINITY;

  constructor(settings: CoreSettings) {
    this.#deadlines = new Deadlines(settings.redisTimeoutMs);
    this.#client = new Redis(settings.redisUrl, {
      connectionName: settings.serviceName,
      disableClientInfo: true,
      lazyConnect: true,
      enableReadyCheck: false,
      connectTimeout: Math.max(1000, settings.redisTimeoutMs),
      retryStrategy: () => RECONNECT_MS,
      maxRetriesPerRequest: null,
      autoResendUnfulfilledCommands: false,
      enableOfflineQueue: false,
    });
    // Whoever asks is told; the client itself has nobody to tell.
    this.#client.on("error", () => {});
  }

  /** Connect; returns once connected, or when that has taken too long for a start to wait. */
  async open(): Promise<void> {
    await this.#deadlines.keep(this.#client.connect()).catch(() => {});
  }

  close(): void {
    this.#client.disconnect();
  }

  /** The command's result. Raises RedisDown. */
  async run<T>(command: (redis: Redis) => Promise<T>): Promise<T> {
    if (performance.now() < this.#restingUntil) throw new RedisDown("resting");
    return this.runNow(command);
  }

  /** The same, even while Redis rests: for what nothing else can answer. */
  async runNow<T>(command: (redis: Redis) => Promise<T>): Promise<T> {
    try {
      return await this.#deadlines.keep(command(this.#client));
    } catch (error) {
      // Redis is there and refuses this one command, as on a key of another type.
      if (!(error instanceof ReplyError)) this.#rest(error);
      throw new RedisDown("no answer", { cause: error });
    }
  }

  /** Whether Redis answers now; asked even while it rests. */
  async ping(): Promise<boolean> {
    try {
      await this.#deadlines.keep(this.#client.ping());
    } catch {
      return false;
    }
    this.#restingUntil = 0;
    return true;
  }

  #rest(error: unknown): void {
    const now = performance.now();
    this.#restingUntil = now + REST_MS;
    if (error instanceof TookTooLong) {
      // Nobody waits for what is still on its way; a new connection has no backlog.
      this.#client.disconnect(true);
    }
    if (now - this.#warnedAt >= WARN_EVERY_MS) {
      this.#warnedAt = now;
      log.warn({ error: kindOf(error) }, "redis_unavailable");
    }
  }
}

/** A script that Redis keeps, and is told again when it has forgotten it. */
export class Script {
  readonly #text: string;
  readonly #hash: string;

  constructor(text: string) {
    this.#text = text;
    this.#hash = createHash("sha1").update(text).digest("hex");
  }

  async run(redis: Redis, keys: string[], values: (string | number)[]): Promise<unknown> {
    try {
      return await redis.evalsha(this.#hash, keys.length, ...keys, ...values);
    } catch (error) {
      if (!(error instanceof Error && error.message.startsWith("NOSCRIPT"))) throw error;
      return await redis.eval(this.#text, keys.length, ...keys, ...values);
    }
  }
}

class TookTooLong extends Error {
  override name = "TookTooLong";
}

const SLICES = 10;

/** What somebody waits for; nothing to give up when it has been settled. */
interface Wait {
  left: number;
  giveUp: (() => void) | undefined;
}

/**
 * Deadlines that do not blame Redis for time in which this process was too busy to read its
 * answers. Time is counted in slices, and a slice that ends late counts as one: however long the
 * event loop was held up, Redis gets its share of the loop's turns.
 */
class Deadlines {
  readonly #slice: number;
  #waits: Wait[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(ms: number) {
    this.#slice = Math.max(1, ms / SLICES);
  }

  keep<T>(answer: Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const wait: Wait = { left: SLICES + 1, giveUp: () => reject(new TookTooLong()) };
      this.#waits.push(wait);
      this.#timer ??= setInterval(() => this.#count(), this.#slice);
      answer.then(resolve, reject).finally(() => {
        wait.giveUp = undefined;
      });
    });
  }

  #count(): void {
    for (const wait of this.#waits) {
      wait.left -= 1;
      if (wait.left > 0) continue;
      wait.giveUp?.();
      wait.giveUp = undefined;
    }
    this.#waits = this.#waits.filter((wait) => wait.giveUp);
    if (this.#waits.length > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}
