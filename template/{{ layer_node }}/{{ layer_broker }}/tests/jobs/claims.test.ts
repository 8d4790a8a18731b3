import { Claims, Stopping } from "../../src/jobs/claims.ts";
import { Runtime } from "../../src/jobs/runtime.ts";
import { expect, test as plain } from "../support/test.ts";

const test = plain.extend("runtime", async ({ makeSettings }, { onCleanup }) => {
  const { promise: never } = Promise.withResolvers<void>();
  const runtime = new Runtime(makeSettings({ SHUTDOWN_TIMEOUT: "0.2" }), {
    count: async () => ({ counted: true }),
    hang: () => never,
  });
  onCleanup(() => runtime.db.close());
  return runtime;
});

test("a message that comes twice runs its job once", async ({ addJob, runtime, waitFor }) => {
  const claims = new Claims(runtime);
  const jobId = await addJob({ type: "count" });

  await Promise.all([claims.run(jobId), claims.run(jobId)]);
  await claims.run(jobId);

  expect((await waitFor(jobId, "succeeded")).attempts).toBe(1);
});

test("what does not end in time is given back", async ({ addJob, runtime, waitFor }) => {
  const claims = new Claims(runtime);
  const jobId = await addJob({ type: "hang" });
  const run = claims.run(jobId);
  await waitFor(jobId, "running");

  await claims.finish();
  await run;

  expect((await waitFor(jobId, "queued")).attempts).toBe(0);
});

test("a worker that is about to end claims nothing", async ({ addJob, runtime, waitFor }) => {
  const claims = new Claims(runtime);
  const jobId = await addJob({ type: "count" });
  claims.stop();

  await expect(claims.run(jobId)).rejects.toThrow(Stopping);
  expect((await waitFor(jobId, "queued")).attempts).toBe(0);
});
