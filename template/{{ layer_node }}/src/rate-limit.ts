/**
 * Sliding-window rate limits, counted in Redis and therefore shared by every instance.
 *
 * Without Redis everything is allowed: a limiter is a comfort, and must not take the service down.
 */

import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import type { CoreSettings } from "./config/core.ts";
import type { RateLimit } from "./config/variables.ts";
import { RateLimited } from "./errors.ts";
import { log } from "./observability/logging.ts";
import { rateLimitDecisions } from "./observability/metrics.ts";
import { fileOf } from "./project.ts";
import { RedisDown, type RedisStore, Script } from "./redis.ts";

const SCRIPT = new Script(readFileSync(fileOf("resources/ratelimit.lua"), "utf8"));

export type Policy = "ip" | "user" | "signup" | "login" | "login_ip" | "forgot";

/** Whether a request may pass, and what is left of its budget; `reset` is in seconds. */
export interface Decision {
  readonly policy: Policy;
  readonly limit: RateLimit;
  readonly allowed: boolean;
  readonly remaining: number;
  readonly reset: number;
  /** False if Redis could not be asked. */
  readonly counted: boolean;
}

export class RateLimiter {
  readonly #store: RedisStore;
  readonly #limits: Readonly<Record<Policy, RateLimit>>;

  constructor(store: RedisStore, settings: CoreSettings) {
    this.#store = store;
    this.#limits = {
      ip: settings.rateLimitIp,
      user: settings.rateLimitUser,
      signup: settings.rateLimitSignup,
      login: settings.rateLimitLogin,
      login_ip: settings.rateLimitLoginIp,
      forgot: settings.rateLimitForgot,
    };
  }

  /** Take one from the budget if there is one left. */
  count(policy: Policy, key: string): Promise<Decision> {
    return this.#decide(policy, key, 1);
  }

  /** Whether there is one left, without taking it. */
  peek(policy: Policy, key: string): Promise<Decision> {
    return this.#decide(policy, key, 0);
  }

  async clear(policy: Policy, key: string): Promise<void> {
    try {
      await this.#store.run((redis) => redis.del(keyOf(policy, key)));
    } catch (error) {
      countError(policy, error);
    }
  }

  async #decide(policy: Policy, key: string, cost: 0 | 1): Promise<Decision> {
    const limit = this.#limits[policy];
    const values = [limit.limit, limit.window * 1000, randomUUID(), cost];
    try {
      const [allowed, remaining, resetMs] = (await this.#store.run((redis) =>
        SCRIPT.run(redis, [keyOf(policy, key)], values),
      )) as Answer;
      rateLimitDecisions.inc({ policy, decision: allowed ? "allowed" : "limited" });
      const reset = Math.ceil(resetMs / 1000);
      return { policy, limit, allowed: allowed === 1, remaining, reset, counted: true };
    } catch (error) {
      countError(policy, error);
      const { limit: remaining, window: reset } = limit;
      return { policy, limit, allowed: true, remaining, reset, counted: false };
    }
  }
}

/** As in draft-ietf-httpapi-ratelimit-headers, for the policy with the least left. */
export function rateLimitHeaders(decisions: readonly Decision[]): Record<string, string> {
  const [tightest] = decisions
    .filter((decision) => decision.counted)
    .sort((one, other) => one.remaining - other.remaining);
  if (tightest === undefined) return {};
  const { policy, limit, remaining, reset } = tightest;
  return {
    "RateLimit-Policy": `"${policy}";q=${limit.limit};w=${limit.window}`,
    RateLimit: `"${policy}";r=${remaining};t=${reset}`,
  };
}

/** Raises RateLimited unless the request may pass. */
export function enforce(decision: Decision): void {
  if (decision.allowed) return;
  log.info({ policy: decision.policy }, "rate_limited");
  throw new RateLimited(decision.reset);
}

type Answer = [allowed: number, remaining: number, resetMs: number];

const keyOf = (policy: Policy, key: string): string => `rl:${policy}:${key}`;

function countError(policy: Policy, error: unknown): void {
  if (!(error instanceof RedisDown)) throw error;
  rateLimitDecisions.inc({ policy, decision: "error" });
}
