import { expect, test } from "vitest";
import { Announcements } from "../../src/jobs/announcements.ts";

const JOB = { id: "a", attempts: 0 };

test("a job is announced once, and again when that was long ago, each time later", () => {
  let now = 0;
  const announcements = new Announcements(() => now);

  expect(announcements.select([JOB])).toEqual([JOB]);
  announcements.note([JOB]);
  expect(announcements.select([JOB])).toEqual([]);

  now = 10_000;
  expect(announcements.select([JOB])).toEqual([JOB]);
  announcements.note([JOB]);
  now = 29_999;
  expect(announcements.select([JOB])).toEqual([]);
  now = 30_000;
  expect(announcements.select([JOB])).toEqual([JOB]);
});

test("a new attempt is something else to announce", () => {
  const announcements = new Announcements();
  announcements.note([JOB]);

  const again = { ...JOB, attempts: 1 };
  expect(announcements.select([again])).toEqual([again]);
});

test("what is not due any more is forgotten", () => {
  const announcements = new Announcements();
  announcements.note([JOB]);
  announcements.select([]);

  expect(announcements.select([JOB])).toEqual([JOB]);
});
