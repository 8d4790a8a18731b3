/** What holds for every request. */

import { newEmail } from "../support/browser.ts";
import { expect, test } from "../support/test.ts";

test("the probes answer", async ({ browser }) => {
  expect((await browser.get("/healthz")).body).toEqual({ status: "ok" });
  expect((await browser.get("/readyz")).body).toEqual({
    status: "ok",
    checks: { postgres: "ok", redis: "ok" },
  });
});

test("errors have one shape and name the request", async ({ browser }) => {
  const answer = await browser.get("/v1/nope", { "X-Request-Id": "my-request-1" });

  expect(answer.status).toBe(404);
  expect(answer.body).toEqual({
    error: "Not Found",
    message: expect.any(String),
    code: "not_found",
    request_id: "my-request-1",
  });
});

test.for(["PUT", "QUERY"])("a wrong %s is told the right methods", async (method, { browser }) => {
  const answer = await browser.send(method, "/v1/posts");

  expect(answer.status).toBe(405);
  expect(answer.headers.get("Allow")?.split(", ")).toEqual(["GET", "POST"]);
});

test("another site may not act for a browser", async ({ browser }) => {
  const headers = { "Sec-Fetch-Site": "cross-site" };
  const answer = await browser.post("/v1/auth/logout", undefined, headers);

  expect([answer.status, answer.body["code"]]).toEqual([403, "csrf_rejected"]);
});

test("failed logins are limited, and it is said when to come back", async ({
  connect,
  makeSettings,
}) => {
  const browser = await connect(makeSettings({ RATE_LIMIT_LOGIN: "2/60" }));
  const email = newEmail();

  expect((await browser.logIn(email)).status).toBe(401);
  expect((await browser.logIn(email)).status).toBe(401);
  const limited = await browser.logIn(email);

  expect(limited.status).toBe(429);
  const seconds = Number(limited.headers.get("Retry-After"));
  expect(seconds).toBeGreaterThanOrEqual(1);
  expect(seconds).toBeLessThanOrEqual(60);
});

test("without Redis the service works on", async ({ connect, makeSettings }) => {
  const browser = await connect(makeSettings({ REDIS_URL: "redis://127.0.0.1:1/0" }));

  expect((await browser.get("/readyz")).body["status"]).toBe("degraded");
  expect((await browser.get("/v1/posts")).status).toBe(200);
});

test("a body over the limit is refused", async ({ connect, makeSettings }) => {
  const browser = await connect(makeSettings({ MAX_BODY_BYTES: "100" }));

  expect((await browser.post("/v1/users", { name: "x".repeat(200) })).status).toBe(413);
});

test("a body that is no JSON is told from one that says the wrong thing", async ({ browser }) => {
  expect((await browser.post("/v1/users")).status).toBe(400);
  expect((await browser.post("/v1/users", ["an array"])).status).toBe(422);
});
