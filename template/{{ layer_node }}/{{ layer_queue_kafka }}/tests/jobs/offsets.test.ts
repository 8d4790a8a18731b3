import { expect, test } from "vitest";
import { Offsets } from "../../src/jobs/offsets.ts";

test("a commit does not pass a message that is not done with", () => {
  const offsets = new Offsets();
  for (const offset of [5n, 6n, 7n]) offsets.begin(0, offset);
  offsets.begin(1, 2n);

  offsets.end(0, 6n);
  offsets.end(1, 2n);
  expect(offsets.take()).toEqual(new Map([[1, 3n]]));

  offsets.end(0, 5n);
  expect(offsets.take()).toEqual(new Map([[0, 7n]]));
  expect(offsets.take()).toEqual(new Map());
});
