/** `make migrate`: bring the database's schema to the newest version. */

import { readdir, readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { Client } from "pg";
import { loadSettingsOrExit } from "./config/index.ts";
import * as logging from "./observability/logging.ts";
import { log } from "./observability/logging.ts";
import { fileOf } from "./project.ts";

const FOLDER = fileOf("migrations/");
const LOCK_ID = "7361720125";
const CONNECT_MS = 5000;
const LOCK_RETRY_MS = 200;
// The first line of a migration that CREATE INDEX CONCURRENTLY and its like need. Its statements
// run one by one; each ends with a semicolon at the end of a line.
const OUTSIDE = /^-- outside a transaction$/m;
const END_OF_STATEMENT = /;\s*$/m;

const RECORDS = `
CREATE TABLE IF NOT EXISTS migrations (
  name       text PRIMARY KEY,
  applied_at timestamptz(3) NOT NULL DEFAULT now()
)`;
const RECORD = "INSERT INTO migrations (name) VALUES ($1)";

/** Run every migration that the database has no record of, in the order of their names. Waits for
 * another run to end. */
export async function migrate(databaseUrl: string, applicationName = "migrate"): Promise<void> {
  const client = new Client({
    connectionString: databaseUrl,
    application_name: applicationName,
    connectionTimeoutMillis: CONNECT_MS,
  });
  await client.connect();
  try {
    // Asked for again and again instead of waited for: a session that waits inside a statement
    // holds a snapshot, and CREATE INDEX CONCURRENTLY in the other run would wait for that.
    while (!(await tryLock(client))) await sleep(LOCK_RETRY_MS);
    await client.query(RECORDS);
    const { rows } = await client.query<{ name: string }>("SELECT name FROM migrations");
    const applied = new Set(rows.map((row) => row.name));
    for (const name of (await readdir(FOLDER)).sort()) {
      if (name.endsWith(".sql") && !applied.has(name)) await apply(client, name);
    }
  } finally {
    await client.end();
  }
}

async function apply(client: Client, name: string): Promise<void> {
  const text = await readFile(new URL(name, FOLDER), "utf8");
  if (OUTSIDE.test(text)) {
    for (const statement of text.split(END_OF_STATEMENT)) {
      if (statement.trim() !== "") await client.query(statement);
    }
    await client.query(RECORD, [name]);
    return;
  }
  await client.query("BEGIN");
  await client.query(text);
  await client.query(RECORD, [name]);
  await client.query("COMMIT");
}

async function tryLock(client: Client): Promise<boolean> {
  const query = "SELECT pg_try_advisory_lock($1) AS locked";
  const { rows } = await client.query<{ locked: boolean }>(query, [LOCK_ID]);
  return rows[0]?.locked ?? false;
}

if (import.meta.main) {
  const settings = loadSettingsOrExit();
  logging.configure(settings);
  try {
    await migrate(settings.databaseUrl, settings.serviceName);
    log.info("migrations_done");
  } catch (error) {
    log.error({ error: error instanceof Error ? error.message : error }, "migration_failed");
    process.exitCode = 1;
  }
}
