import { expect, test } from "vitest";
import { exposition, registerJobGauges } from "../src/observability/metrics.ts";

test("what cannot be counted now is NaN, as the text format spells it", async () => {
  registerJobGauges(() => Promise.reject(new Error("no database")));
  expect((await exposition()).split("\n")).toContain("jobs_pending NaN");
});
