import { Scheduler } from "../../src/jobs/schedule.ts";
import { expect, test } from "../support/test.ts";

test("a tick is enqueued once, however many workers ask", async ({ db, settings, sql }) => {
  const schedulers = [new Scheduler(db, settings), new Scheduler(db, settings)];

  await Promise.all(schedulers.map((scheduler) => scheduler.turn()));
  for (const scheduler of schedulers) await scheduler.turn();

  expect((await sql.query("SELECT id FROM jobs")).rows).toHaveLength(1);
});

test("ticks that were missed are made up for by one", async ({ db, settings, sql }) => {
  await sql.query("INSERT INTO schedules VALUES ('purge_expired', now() - interval '5 days')");

  await new Scheduler(db, settings).turn();

  expect((await sql.query("SELECT id FROM jobs")).rows).toHaveLength(1);
});
