/** What an orchestrator asks: is the process alive, and should it get traffic? */

import type { Services } from "../services/index.ts";

const DATABASE_MS = 2000;

/** Asks nobody: a restart would not mend a database. */
export const LIVE = { status: "ok" };

export interface Readiness {
  readonly status: 200 | 503;
  readonly body: {
    readonly status: "ok" | "degraded" | "unavailable";
    readonly checks: Readonly<Record<"postgres" | "redis", "ok" | "fail">>;
  };
}

export async function readiness({ db, redis }: Services): Promise<Readiness> {
  const [postgres, cache] = await Promise.all([
    db.ping(DATABASE_MS).then(
      () => true,
      () => false,
    ),
    redis.ping(),
  ]);
  const word = (fine: boolean) => (fine ? "ok" : "fail");
  const checks = { postgres: word(postgres), redis: word(cache) } as const;
  if (!postgres) return { status: 503, body: { status: "unavailable", checks } };
  return { status: 200, body: { status: cache ? "ok" : "degraded", checks } };
}
