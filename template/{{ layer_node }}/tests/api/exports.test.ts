import { vi } from "vitest";
import { HANDLERS } from "../../src/jobs/handlers.ts";
import { newUser } from "../support/authorization.ts";
import { expect, test } from "../support/test.ts";

test("an export is asked for once and watched by its owner alone", async ({
  browser,
  settings,
  startWorker,
}) => {
  const [owner, other] = [await newUser(browser), await newUser(browser)];
  const first = await browser.post("/v1/exports", undefined, owner);
  const second = await browser.post("/v1/exports", undefined, owner);
  const path = first.headers.get("Location") ?? "";

  expect([first.status, second.status]).toEqual([202, 202]);
  expect(first.body["id"]).toBe(second.body["id"]);
  expect((await browser.get(path, other)).status).toBe(404);

  startWorker(settings, HANDLERS);
  await vi.waitFor(async () => {
    const { body } = await browser.get(path, owner);
    expect([body["status"], body["result"]]).toEqual(["succeeded", { post_count: 0 }]);
  }, 10_000);
});
