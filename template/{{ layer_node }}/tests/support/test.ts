/** `test` with what a test may ask for: a migrated database of its own, mail, settings, a client. */

import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { Client } from "pg";
import { test as base, expect, inject, vi } from "vitest";
import { start } from "../../src/api/start.ts";
import { loadSettings, type Settings } from "../../src/config/index.ts";
import { Database } from "../../src/db.ts";
import { uuid7 } from "../../src/ids.ts";
import type { Registry } from "../../src/jobs/registry.ts";
import { type Loop, Runtime } from "../../src/jobs/runtime.ts";
import { RedisStore } from "../../src/redis.ts";
import { AUTH_VARIABLES } from "./auth-variables.ts";
import { Browser } from "./browser.ts";
import { administer, newName } from "./database-server.ts";
import { Mailbox } from "./mailbox.ts";
import { buildLoop, QUEUE_VARIABLES } from "./queue-variables.ts";
import { databaseUrl, REDIS_SERVER } from "./servers.ts";
import { SOCIAL_VARIABLES } from "./social-variables.ts";

const NO_LIMIT = "1000000/60";

export interface NewJob {
  readonly type: string;
  readonly userId?: string;
  readonly payload?: unknown;
  readonly maxAttempts?: number;
  readonly dedupeKey?: string;
}

export interface JobRow {
  readonly id: string;
  readonly status: string;
  readonly attempts: number;
  readonly last_error: string | null;
  readonly finished_at: Date | null;
  readonly result: unknown;
}

export const test = base
  .extend("emptyDatabase", async ({ task: _task }, { onCleanup }) => {
    const name = newName();
    await administer(`CREATE DATABASE ${name}`);
    onCleanup(() => administer(`DROP DATABASE ${name}`));
    return databaseUrl(name);
  })
  .extend("ownDatabase", async ({ task: _task }, { onCleanup }) => {
    const name = newName();
    await administer(`CREATE DATABASE ${name} TEMPLATE ${inject("migratedDatabase")}`);
    onCleanup(() => administer(`DROP DATABASE ${name}`));
    return databaseUrl(name);
  })
  .extend("sql", async ({ ownDatabase }, { onCleanup }) => {
    const client = new Client({ connectionString: ownDatabase });
    await client.connect();
    onCleanup(() => client.end());
    return client;
  })
  .extend("mailbox", async ({ task: _task }, { onCleanup }) => {
    const mailbox = new Mailbox();
    const url = await mailbox.open();
    onCleanup(() => mailbox.close());
    return Object.assign(mailbox, { url });
  })
  /** Settings for this test's services; variables change single ones. */
  .extend("makeSettings", async ({ ownDatabase, mailbox }) => {
    return (changes: Readonly<Record<string, string>> = {}): Settings =>
      loadSettings({
        APP_ENV: "test",
        PUBLIC_APP_URL: "https://app.test",
        DATABASE_URL: ownDatabase,
        REDIS_URL: REDIS_SERVER,
        // A busy machine may take longer than production should wait.
        REDIS_TIMEOUT_MS: "2000",
        ...AUTH_VARIABLES,
        ...SOCIAL_VARIABLES,
        ...QUEUE_VARIABLES,
        SMTP_URL: mailbox.url,
        MAIL_FROM: "no-reply@app.test",
        JOB_BACKOFF_BASE: "0.05",
        JOB_BACKOFF_MAX: "0.1",
        RATE_LIMIT_IP: NO_LIMIT,
        RATE_LIMIT_USER: NO_LIMIT,
        RATE_LIMIT_SIGNUP: NO_LIMIT,
        RATE_LIMIT_LOGIN_IP: NO_LIMIT,
        ...changes,
      });
  })
  .extend("settings", async ({ makeSettings }) => makeSettings())
  .extend("db", async ({ settings }, { onCleanup }) => {
    const db = new Database(settings);
    onCleanup(() => db.close());
    return db;
  })
  .extend("redis", async ({ settings }, { onCleanup }) => {
    const redis = new RedisStore(settings);
    await redis.open();
    onCleanup(() => redis.close());
    return redis;
  })
  /** Starts the service on a free port; whoever calls it gets a browser that talks to it. It ends
   * before its database does. */
  .extend("connect", async ({ ownDatabase: _before }, { onCleanup }) => {
    const ends: (() => Promise<void>)[] = [];
    onCleanup(async () => {
      for (const end of ends) await end();
    });
    return async (settings: Settings): Promise<Browser> => {
      const { server, close } = await start(settings);
      server.listen(0, "127.0.0.1");
      await once(server, "listening");
      ends.push(async () => {
        server.closeAllConnections();
        server.close();
        await close();
      });
      return new Browser(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    };
  })
  .extend("browser", async ({ connect, settings }) => connect(settings))
  /** A user who exists, written past the service. */
  .extend("userId", async ({ sql }) => {
    const id = uuid7();
    const email = `${id}@app.test`;
    await sql.query("INSERT INTO users (id, email, name) VALUES ($1, $2, 'Ada')", [id, email]);
    return id;
  })
  .extend("addJob", async ({ sql }) => {
    return async (job: NewJob): Promise<string> => {
      const id = uuid7();
      await sql.query(
        `INSERT INTO jobs (id, type, user_id, payload, max_attempts, dedupe_key)
         VALUES ($1, $2, $3, $4, $5, $6)`,
        [
          id,
          job.type,
          job.userId ?? null,
          JSON.stringify(job.payload ?? {}),
          job.maxAttempts ?? 3,
          job.dedupeKey ?? null,
        ],
      );
      return id;
    };
  })
  /** The job's row once it has the status. */
  .extend("waitFor", async ({ sql }) => {
    return (jobId: string, status: string): Promise<JobRow> =>
      vi.waitFor(
        async () => {
          const { rows } = await sql.query<JobRow>("SELECT * FROM jobs WHERE id = $1", [jobId]);
          const [row] = rows;
          expect(row?.status).toBe(status);
          return row as JobRow;
        },
        { timeout: 10_000, interval: 20 },
      );
  })
  /** Starts workers that know the given handlers; the test's end stops them. */
  .extend("startWorker", async ({ ownDatabase: _before }, { onCleanup }) => {
    const running: { loop: Loop; ended: Promise<void>; runtime: Runtime }[] = [];
    onCleanup(async () => {
      for (const { loop } of running) loop.stop();
      for (const { ended, runtime } of running) {
        await ended;
        await runtime.db.close();
      }
    });
    return (settings: Settings, handlers: Registry): Loop => {
      const runtime = new Runtime(settings, handlers);
      const loop = buildLoop(runtime);
      running.push({ loop, ended: loop.run(), runtime });
      return loop;
    };
  });

export { expect };
