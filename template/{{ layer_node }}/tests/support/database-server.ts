/** Before all tests: a migrated database, of which each test gets a copy. */

import { randomUUID } from "node:crypto";
import { Client } from "pg";
import type { TestProject } from "vitest/node";
import { migrate } from "../../src/migrate.ts";
import { DATABASE_SERVER, databaseUrl } from "./servers.ts";

declare module "vitest" {
  interface ProvidedContext {
    migratedDatabase: string;
  }
}

export async function administer(statement: string): Promise<void> {
  const client = new Client({ connectionString: DATABASE_SERVER });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}

export const newName = (): string => `test_${randomUUID().replaceAll("-", "")}`;

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const name = newName();
  try {
    await administer(`CREATE DATABASE ${name}`);
  } catch (error) {
    throw new Error("No PostgreSQL: `make services` starts one, TEST_DATABASE_URL names one.", {
      cause: error,
    });
  }
  await migrate(databaseUrl(name));
  project.provide("migratedDatabase", name);
  return () => administer(`DROP DATABASE ${name} WITH (FORCE)`);
}
