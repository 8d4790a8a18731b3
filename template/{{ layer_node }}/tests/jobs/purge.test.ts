import { purge } from "../../src/jobs/purge.ts";
import { expect, test } from "../support/test.ts";

const JOBS = `
INSERT INTO jobs (id, type, status, max_attempts, finished_at) VALUES
  (gen_random_uuid(), 'old', 'succeeded', 1, now() - interval '2 hours'),
  (gen_random_uuid(), 'recent', 'succeeded', 1, now()),
  (gen_random_uuid(), 'failed', 'dead', 1, now() - interval '2 hours'),
  (gen_random_uuid(), 'waiting', 'queued', 1, NULL)`;

const TOKENS = `
INSERT INTO email_tokens (token_hash, user_id, purpose, expires_at) VALUES
  ('\\x01', $1, 'verify_email', now() - interval '1 second'),
  ('\\x02', $1, 'verify_email', now() + interval '1 hour')`;

test("only what nobody needs is deleted", async ({ db, sql, userId }) => {
  await sql.query(JOBS);
  await sql.query(TOKENS, [userId]);

  const deleted = await purge(db.query, 3600, AbortSignal.timeout(10_000));

  expect(deleted).toMatchObject({ jobs: 1, email_tokens: 1 });
  const jobs = await sql.query("SELECT type FROM jobs ORDER BY type");
  expect(jobs.rows.map((row) => row.type)).toEqual(["failed", "recent", "waiting"]);
  const tokens = await sql.query("SELECT token_hash FROM email_tokens");
  expect(tokens.rows).toEqual([{ token_hash: Buffer.from([2]) }]);
});

test("it stops when its time is over", async ({ db }) => {
  await expect(purge(db.query, 3600, AbortSignal.abort())).rejects.toThrow(/abort/);
});
