import { expect, test } from "./support/test.ts";

test("a client secret that is a placeholder is refused", ({ makeSettings }) => {
  expect(() => makeSettings({ OAUTH_CLIENT_SECRET: "change-me" })).toThrow(/^OAUTH_CLIENT_SECRET:/);
});
