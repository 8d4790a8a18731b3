/** Jobs that time itself enqueues. */

import { sql } from "kysely";
import type { Settings } from "../config/index.ts";
import type { Database } from "../db.ts";
import { log } from "../observability/logging.ts";
import * as store from "./store.ts";
import * as types from "./types.ts";

interface Schedule {
  readonly jobType: types.JobType;
  readonly seconds: number;
}

export const schedules = (settings: Settings): readonly Schedule[] => [
  { jobType: types.PURGE_EXPIRED, seconds: settings.purgeInterval },
];

/**
 * Enqueues each schedule's job once for each tick, and once for all ticks that were missed.
 *
 * Ticks are multiples of the interval since the epoch: the same moments in every worker.
 */
export class Scheduler {
  readonly #db: Database;
  readonly #maxAttempts: number;
  readonly #schedules: readonly Schedule[];
  readonly #seen = new Map<string, number>();

  constructor(db: Database, settings: Settings) {
    this.#db = db;
    this.#maxAttempts = settings.jobMaxAttempts;
    this.#schedules = schedules(settings);
  }

  /** Enqueue what is due. Cheap between ticks: the database is asked once for each. */
  async turn(): Promise<void> {
    for (const schedule of this.#schedules) {
      if (this.#seen.get(schedule.jobType) !== currentTick(schedule)) {
        this.#seen.set(schedule.jobType, await this.#enqueueOnce(schedule));
      }
    }
  }

  /** The tick whose job is enqueued now, by whomever. */
  #enqueueOnce(schedule: Schedule): Promise<number> {
    const { jobType } = schedule;
    return this.#db.transaction(async (connection) => {
      // Only now: while the connection was on its way one tick may have followed another.
      const tick = currentTick(schedule);
      await sql`
        INSERT INTO schedules (name, last_tick) VALUES (${jobType}, '-infinity')
        ON CONFLICT (name) DO NOTHING
      `.execute(connection);
      // However many workers ask, one of them moves the schedule on and enqueues the tick's job.
      const moved = await sql`
        UPDATE schedules SET last_tick = to_timestamp(${tick})
         WHERE name = ${jobType} AND last_tick < to_timestamp(${tick}) RETURNING name
      `.execute(connection);
      if (moved.rows.length === 1) {
        const id = await store.enqueue(connection, jobType, this.#maxAttempts);
        const moment = new Date(tick * 1000).toISOString();
        log.info({ job_type: jobType, job_id: id, tick: moment }, "job_scheduled");
      }
      return tick;
    });
  }
}

/** The last moment that is a multiple of the interval, in seconds since the epoch. */
function currentTick({ seconds }: Schedule): number {
  const now = Math.floor(Date.now() / 1000);
  return now - (now % seconds);
}
