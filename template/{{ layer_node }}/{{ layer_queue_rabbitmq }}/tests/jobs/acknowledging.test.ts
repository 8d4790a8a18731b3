import { setTimeout as sleep } from "node:timers/promises";
import { vi } from "vitest";
import { uuid7 } from "../../src/ids.ts";
import { connect } from "../../src/jobs/transport.ts";
import { test } from "../support/test.ts";

test("a job that outlives its broker ends quietly", async ({ makeSettings }) => {
  const transport = connect(makeSettings({ SERVICE_NAME: `test-${uuid7()}` }));
  const received = Promise.withResolvers<void>();
  const job = Promise.withResolvers<boolean>();
  transport.open(
    () => {
      received.resolve();
      return job.promise;
    },
    () => {},
  );
  // A queue that was made a moment ago may refuse.
  await vi.waitFor(() => transport.publish([uuid7()]), { timeout: 10_000 });
  await received.promise;
  await transport.pause();
  const closed = transport.close();

  job.resolve(true);
  await closed;
  await sleep(50); // for what nobody waits for: vitest fails where it is rejected
});
