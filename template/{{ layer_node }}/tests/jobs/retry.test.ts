import { retry } from "../../src/jobs/retry.ts";
import { expect, test } from "../support/test.ts";

const KILL = "UPDATE jobs SET status = 'dead', attempts = 3, finished_at = now() WHERE id = $1";

test("a dead job is queued again with all its attempts", async ({ addJob, db, sql }) => {
  const jobId = await addJob({ type: "any" });
  await sql.query(KILL, [jobId]);

  expect(await retry(db, jobId)).toBeUndefined();

  const { rows } = await sql.query("SELECT status, attempts, finished_at FROM jobs");
  expect(rows).toEqual([{ status: "queued", attempts: 0, finished_at: null }]);
});

test("what is not dead or not there is refused", async ({ addJob, db }) => {
  expect(await retry(db, await addJob({ type: "any" }))).toBe("no dead job has this id");
  expect(await retry(db, "1")).toBe("not the id of a job");
});

test("a job with an active twin stays dead", async ({ addJob, db, sql }) => {
  const jobId = await addJob({ type: "any", dedupeKey: "twin" });
  await sql.query(KILL, [jobId]);
  await addJob({ type: "any", dedupeKey: "twin" });

  expect(await retry(db, jobId)).toBe("a job with the same dedupe key is queued or running");
});
