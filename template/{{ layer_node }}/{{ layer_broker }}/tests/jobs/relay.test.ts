import { vi } from "vitest";
import { BrokerUnavailable, Relay } from "../../src/jobs/relay.ts";
import { expect, test } from "../support/test.ts";

const noTurn = async () => {};

test("of two relays one announces, and the other when that one ends", async ({
  addJob,
  settings,
}) => {
  const seen: [number, string][] = [];
  const relays = [0, 1].map(
    (number) =>
      new Relay(
        settings,
        async (ids) => void seen.push(...ids.map((id) => [number, id] as [number, string])),
        noTurn,
      ),
  );
  const jobId = await addJob({ type: "any" });
  const runs = relays.map((relay) => relay.run());
  await vi.waitFor(() => expect(seen).toHaveLength(1), 10_000);
  const [leader = 0] = seen[0] ?? [];

  relays[leader]?.stop();
  await vi.waitFor(
    () =>
      expect(seen).toEqual([
        [leader, jobId],
        [1 - leader, jobId],
      ]),
    10_000,
  );

  for (const relay of relays) relay.stop();
  await Promise.all(runs);
});

test("what the broker did not confirm, or lost, is announced again", async ({
  addJob,
  settings,
}) => {
  const tries: string[] = [];
  const relay = new Relay(
    settings,
    async ([id = ""]) => {
      tries.push(id);
      if (tries.length === 1) throw new BrokerUnavailable();
    },
    noTurn,
  );
  const jobId = await addJob({ type: "any" });
  const run = relay.run();
  await vi.waitFor(() => expect(tries).toEqual([jobId, jobId]), 10_000);

  relay.brokerLost();
  await vi.waitFor(() => expect(tries).toHaveLength(3), 10_000);

  relay.stop();
  await run;
});
