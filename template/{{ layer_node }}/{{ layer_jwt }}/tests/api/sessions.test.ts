import { COOKIE, credentials, newUser } from "../support/authorization.ts";
import { type Answer, type Browser, newEmail } from "../support/browser.ts";
import { expect, test } from "../support/test.ts";

function refresh(browser: Browser, token: string | undefined): Promise<Answer> {
  return browser.post("/v1/auth/refresh", undefined, { Cookie: `${COOKIE}=${token}` });
}

test("login answers an access token and sets a refresh cookie", async ({ browser }) => {
  const email = newEmail();
  await browser.signUp(email);

  const login = await browser.logIn(email);

  expect(login.status).toBe(200);
  expect(login.body["token_type"]).toBe("Bearer");
  const cookie = login.headers.get("Set-Cookie");
  for (const attribute of [COOKIE, "HttpOnly", "Secure", "SameSite=Strict", "Path=/"]) {
    expect(cookie).toContain(attribute);
  }
});

test("a wrong password and an unknown email look the same", async ({ browser }) => {
  const email = newEmail();
  await browser.signUp(email);

  const wrong = await browser.logIn(email, "not the password at all");
  const unknown = await browser.logIn(newEmail());

  expect([wrong.status, wrong.body["code"]]).toEqual([401, "invalid_credentials"]);
  expect([unknown.status, unknown.body["code"]]).toEqual([401, "invalid_credentials"]);
});

test("a refresh token works once, and its reuse ends the family", async ({ browser }) => {
  const email = newEmail();
  await browser.signUp(email);
  const first = (await browser.logIn(email)).cookies[COOKIE];

  const refreshed = await refresh(browser, first);

  expect(refreshed.status).toBe(200);
  expect((await refresh(browser, first)).status).toBe(401);
  expect((await refresh(browser, refreshed.cookies[COOKIE])).status).toBe(401);
});

test("logout ends the family, and logout-all every credential", async ({ browser }) => {
  const email = newEmail();
  await browser.signUp(email);
  const first = (await browser.logIn(email)).cookies[COOKIE];
  const left = { Cookie: `${COOKIE}=${first}` };
  expect((await browser.post("/v1/auth/logout", undefined, left)).status).toBe(204);
  expect((await refresh(browser, first)).status).toBe(401);

  const login = await browser.logIn(email);
  const headers = credentials(login);
  expect((await browser.post("/v1/auth/logout-all", undefined, headers)).status).toBe(204);
  expect((await browser.get("/v1/users/me", headers)).status).toBe(401);
  expect((await refresh(browser, login.cookies[COOKIE])).status).toBe(401);
});

test("a deleted user is out at once", async ({ browser }) => {
  const headers = await newUser(browser);

  expect((await browser.send("DELETE", "/v1/users/me", undefined, headers)).status).toBe(204);
  expect((await browser.get("/v1/users/me", headers)).status).toBe(401);
});
