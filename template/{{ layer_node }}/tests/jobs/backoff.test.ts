import { expect, test } from "vitest";
import { retryDelay } from "../../src/jobs/backoff.ts";

test.each([
  [1, 5],
  [2, 10],
  [4, 40],
  [30, 3600],
  [2000, 3600],
])("after %d attempts the delay is around %d seconds, with jitter", (attempts, middle) => {
  const delays = Array.from({ length: 200 }, () => retryDelay(attempts, 5, 3600));

  const [least, most] = [Math.min(...delays), Math.max(...delays)];
  expect(least).toBeGreaterThanOrEqual(middle * 0.5);
  expect(most).toBeLessThanOrEqual(middle * 1.5);
  expect(most - least).toBeGreaterThan(middle * 0.5);
});
