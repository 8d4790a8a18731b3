import { expect, test } from "../support/test.ts";

test("jobs reach a worker over the broker, each once", async ({
  addJob,
  settings,
  startWorker,
  waitFor,
}) => {
  const seen: string[] = [];
  const note = async ({ id }: { readonly id: string }) => {
    seen.push(id);
  };
  const jobs: string[] = [];
  for (let count = 0; count < 20; count += 1) jobs.push(await addJob({ type: "note" }));
  startWorker(settings, { note });
  startWorker(settings, { note });

  for (const job of jobs) await waitFor(job, "succeeded");
  expect(seen.sort()).toEqual(jobs.sort());
});

test("a job that failed comes again", async ({ addJob, settings, startWorker, waitFor }) => {
  const jobId = await addJob({ type: "failOnce" });
  // By a queue of its own: the broker may wait for the workers of another test for some seconds yet.
  const own = { ...settings, serviceName: `${settings.serviceName}-again` };
  startWorker(own, {
    failOnce: async ({ attempts }) => {
      if (attempts === 1) throw new Error("not yet");
    },
  });

  expect((await waitFor(jobId, "succeeded")).attempts).toBe(2);
});
