import { setTimeout as sleep } from "node:timers/promises";
import { HopelessJob } from "../../src/jobs/registry.ts";
import { expect, test } from "../support/test.ts";

const crash = async () => {
  throw new RangeError("boom");
};

const giveUp = async () => {
  throw new HopelessJob("no such thing");
};

test("a job that keeps failing is dead after its last attempt", async ({
  addJob,
  settings,
  startWorker,
  waitFor,
}) => {
  const jobId = await addJob({ type: "crash", maxAttempts: 3 });
  startWorker(settings, { crash });

  const row = await waitFor(jobId, "dead");

  expect(row.attempts).toBe(3);
  expect(row.last_error).toBe("RangeError: boom");
  expect(row.finished_at).not.toBeNull();
});

test("a hopeless job is not tried again", async ({ addJob, settings, startWorker, waitFor }) => {
  const hopeless = await addJob({ type: "giveUp" });
  const unreadable = await addJob({ type: "crash", payload: ["not", "an", "object"] });
  startWorker(settings, { crash, giveUp });

  expect((await waitFor(hopeless, "dead")).attempts).toBe(1);
  expect((await waitFor(unreadable, "dead")).attempts).toBe(1);
});

test("a job of unknown type does not stop those behind it", async ({
  addJob,
  settings,
  startWorker,
  waitFor,
}) => {
  const unknown = await addJob({ type: "toString" });
  const known = await addJob({ type: "answer" });
  startWorker(settings, { answer: async () => ({ answer: 42 }) });

  expect((await waitFor(known, "succeeded")).result).toEqual({ answer: 42 });
  await waitFor(unknown, "dead");
});

test("a run that takes too long is tried again, and its late result is ignored", async ({
  addJob,
  makeSettings,
  startWorker,
  waitFor,
}) => {
  const settings = makeSettings({ JOB_TIMEOUT: "1", JOB_LEASE: "1.4" });
  const [secondBegan, firstEnded] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const jobId = await addJob({ type: "hangOnce" });
  startWorker(settings, {
    hangOnce: async ({ attempts }) => {
      if (attempts === 1) {
        await secondBegan.promise;
        firstEnded.resolve();
      } else {
        secondBegan.resolve();
        await firstEnded.promise;
        await sleep(300); // the first run's result comes while the second holds the claim
      }
      return { attempt: attempts };
    },
  });

  expect((await waitFor(jobId, "succeeded")).result).toEqual({ attempt: 2 });
});

test("a job that killed every worker is dead", async ({
  addJob,
  settings,
  sql,
  startWorker,
  waitFor,
}) => {
  const jobId = await addJob({ type: "crash", maxAttempts: 2 });
  await sql.query(
    `UPDATE jobs SET status = 'running', attempts = 2, locked_by = 'gone',
            locked_until = now() - interval '1 second'`,
  );
  startWorker(settings, { crash });

  expect((await waitFor(jobId, "dead")).last_error).toBe("the last attempt never ended");
});
