import { HANDLERS } from "../../src/jobs/handlers.ts";
import { credentials } from "../support/authorization.ts";
import { newEmail, PASSWORD } from "../support/browser.ts";
import { tokenIn } from "../support/mailbox.ts";
import { expect, test } from "../support/test.ts";

test("signing up answers the private view of the user", async ({ browser }) => {
  const email = newEmail();

  const answer = await browser.signUp(email.toUpperCase());

  const path = answer.headers.get("Location") ?? "";
  expect(answer.status).toBe(201);
  expect(path).toBe(`/v1/users/${answer.body["id"]}`);
  expect(Object.keys(answer.body)).toEqual(["id", "email", "name", "email_verified", "created_at"]);
  expect(answer.body["email"]).toBe(email);
  const seen = await browser.get(path);
  expect(Object.keys(seen.body)).toEqual(["id", "name", "created_at"]);
});

test("one address signs up once, however many try", async ({ browser }) => {
  const email = newEmail();

  const answers = await Promise.all(Array.from({ length: 5 }, () => browser.signUp(email)));

  expect(answers.map((answer) => answer.status).sort()).toEqual([201, 409, 409, 409, 409]);
});

test.for([
  ["email", "nobody", "format"],
  ["name", "", "min_length"],
  ["name", "null\0", "forbidden_char"],
  ["password", "too short", "min_length"],
  ["password", "passwordpassword", "too_common"],
  ["password", 15, "type"],
] as const)("what is wrong is named: %s %s", async ([member, value, rule], { browser }) => {
  const account = { email: newEmail(), name: "Ada", password: PASSWORD, [member]: value };

  const answer = await browser.post("/v1/users", account);

  expect(answer.status).toBe(422);
  expect(answer.body["details"]).toEqual([{ field: member, rule, message: expect.any(String) }]);
});

test("the mailed token verifies the address once", async ({
  browser,
  mailbox,
  settings,
  startWorker,
}) => {
  const email = newEmail();
  await browser.signUp(email);
  startWorker(settings, HANDLERS);
  await mailbox.waitFor(1);
  const token = { token: tokenIn(mailbox.messages[0]) };

  expect((await browser.post("/v1/auth/verify-email", token)).status).toBe(204);
  expect((await browser.post("/v1/auth/verify-email", token)).status).toBe(400);

  const me = await browser.get("/v1/users/me", credentials(await browser.logIn(email)));
  expect(me.body["email_verified"]).toBe(true);
});

test("a reset password replaces the old one and every sign-in", async ({
  browser,
  mailbox,
  settings,
  startWorker,
}) => {
  const email = newEmail();
  await browser.signUp(email);
  const headers = credentials(await browser.logIn(email));
  startWorker(settings, HANDLERS);
  await mailbox.waitFor(1);

  expect((await browser.post("/v1/auth/password/forgot", { email })).status).toBe(202);
  await mailbox.waitFor(2);
  const reset = {
    token: tokenIn(mailbox.messages[1]),
    new_password: "a completely new password",
  };
  expect((await browser.post("/v1/auth/password/reset", reset)).status).toBe(204);

  expect((await browser.get("/v1/users/me", headers)).status).toBe(401);
  expect((await browser.logIn(email)).status).toBe(401);
  expect((await browser.logIn(email, reset.new_password)).status).toBeLessThan(300);
});

test("a new password needs the current one", async ({ browser }) => {
  const email = newEmail();
  await browser.signUp(email);
  const headers = credentials(await browser.logIn(email));
  const path = "/v1/users/me/password";
  const change = {
    current_password: "certainly not this",
    new_password: "a completely new password",
  };

  expect((await browser.send("PUT", path, change, headers)).status).toBe(401);
  change.current_password = PASSWORD;
  expect((await browser.send("PUT", path, change, headers)).status).toBe(204);

  expect((await browser.get("/v1/users/me", headers)).status).toBe(401);
});
