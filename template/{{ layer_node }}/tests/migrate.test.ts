import { Client } from "pg";
import { migrate } from "../src/migrate.ts";
import { expect, test } from "./support/test.ts";

const INDEXES = `
SELECT indexrelid::regclass::text AS name, indisvalid AS valid FROM pg_index
 WHERE indrelid = 'posts'::regclass ORDER BY 1`;

test("two at once make one schema", async ({ emptyDatabase }) => {
  await Promise.all([migrate(emptyDatabase), migrate(emptyDatabase)]);

  const client = new Client({ connectionString: emptyDatabase });
  await client.connect();
  const { rows } = await client.query("SELECT name FROM migrations");
  await client.end();
  expect(rows.length).toBeGreaterThan(0);
});

test("an index left invalid is built again", async ({ ownDatabase, sql }) => {
  await sql.query("DELETE FROM migrations WHERE name LIKE '0002%'");
  await sql.query("DROP INDEX posts_author_feed_idx");
  await sql.query(
    "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'posts_feed_idx'::regclass",
  );

  await migrate(ownDatabase);

  const { rows } = await sql.query<{ name: string; valid: boolean }>(INDEXES);
  expect(rows.map((row) => row.name)).toContain("posts_author_feed_idx");
  expect(rows.every((row) => row.valid)).toBe(true);
});

test("a migration that fails leaves nothing behind", async ({ ownDatabase, sql }) => {
  await sql.query("DELETE FROM migrations WHERE name LIKE '0005%'");
  await sql.query("DROP TABLE schedules");

  await expect(migrate(ownDatabase)).rejects.toThrow(/"jobs" already exists/);

  const { rows } = await sql.query("SELECT to_regclass('schedules') AS schedules");
  expect(rows).toEqual([{ schedules: null }]);
});
