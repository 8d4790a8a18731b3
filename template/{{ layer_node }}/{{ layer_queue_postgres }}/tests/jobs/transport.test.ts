import { expect, test } from "../support/test.ts";

test("two workers run each job once", async ({ addJob, settings, startWorker, waitFor }) => {
  const seen: string[] = [];
  const note = async ({ id }: { readonly id: string }) => {
    seen.push(id);
  };
  const jobs: string[] = [];
  for (let count = 0; count < 40; count += 1) jobs.push(await addJob({ type: "note" }));
  startWorker(settings, { note });
  startWorker(settings, { note });

  for (const job of jobs) await waitFor(job, "succeeded");
  expect(seen.sort()).toEqual(jobs.sort());
});

test("a job whose lease has ended is claimed again", async ({
  addJob,
  settings,
  sql,
  startWorker,
  waitFor,
}) => {
  const jobId = await addJob({ type: "note" });
  await sql.query(
    `UPDATE jobs SET status = 'running', attempts = 1, locked_by = 'gone',
            locked_until = now() - interval '1 second'`,
  );
  startWorker(settings, { note: async () => undefined });

  expect((await waitFor(jobId, "succeeded")).attempts).toBe(2);
});

test("stopping gives back what does not end in time", async ({
  addJob,
  makeSettings,
  startWorker,
  waitFor,
}) => {
  const { promise: never } = Promise.withResolvers<void>();
  const jobId = await addJob({ type: "hang" });
  const worker = startWorker(makeSettings({ SHUTDOWN_TIMEOUT: "0.2" }), { hang: () => never });
  await waitFor(jobId, "running");
  worker.stop();

  expect((await waitFor(jobId, "queued")).attempts).toBe(0);
});
