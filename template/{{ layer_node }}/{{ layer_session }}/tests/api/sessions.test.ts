import { setTimeout as sleep } from "node:timers/promises";
import { COOKIE, credentials, newUser } from "../support/authorization.ts";
import { type Browser, newEmail, PASSWORD } from "../support/browser.ts";
import { expect, test } from "../support/test.ts";

type Headers = Readonly<Record<string, string>>;

async function statusWith(browser: Browser, headers: Headers): Promise<number> {
  return (await browser.get("/v1/users/me", headers)).status;
}

test("login sets one cookie that scripts cannot read", async ({ browser }) => {
  const email = newEmail();
  await browser.signUp(email);

  const login = await browser.logIn(email);

  expect(login.status).toBe(204);
  const cookies = login.headers.getSetCookie();
  expect(cookies).toHaveLength(1);
  for (const attribute of [COOKIE, "HttpOnly", "Secure", "SameSite=Strict", "Path=/"]) {
    expect(cookies[0]).toContain(attribute);
  }
});

test("Redis does not know the cookie itself", async ({ browser, redis }) => {
  const { Cookie } = await newUser(browser);

  const keys = await redis.run((client) => client.keys("sess:*"));

  expect(keys.length).toBeGreaterThan(0);
  expect(keys.filter((key) => key.includes(Cookie.split("=")[1] ?? ""))).toEqual([]);
});

test("a wrong password and an unknown email look the same", async ({ browser }) => {
  const email = newEmail();
  await browser.signUp(email);

  const wrong = await browser.logIn(email, "not the password at all");
  const unknown = await browser.logIn(newEmail());

  expect([wrong.status, wrong.body["code"]]).toEqual([401, "invalid_credentials"]);
  expect([unknown.status, unknown.body["code"]]).toEqual([401, "invalid_credentials"]);
});

test("an id that a client chose is never taken up", async ({ browser }) => {
  const email = newEmail();
  await browser.signUp(email);
  const chosen = { Cookie: `${COOKIE}=chosen-by-the-client` };

  const login = await browser.post("/v1/auth/login", { email, password: PASSWORD }, chosen);

  expect(login.cookies[COOKIE]).not.toBe("chosen-by-the-client");
  expect(await statusWith(browser, chosen)).toBe(401);
});

test("a login ends the session that it came with, and no other", async ({ browser }) => {
  const email = newEmail();
  await browser.signUp(email);
  const first = credentials(await browser.logIn(email));
  const elsewhere = credentials(await browser.logIn(email));

  const login = await browser.post("/v1/auth/login", { email, password: PASSWORD }, first);

  expect(await statusWith(browser, first)).toBe(401);
  expect(await statusWith(browser, credentials(login))).toBe(200);
  expect(await statusWith(browser, elsewhere)).toBe(200);
});

test("logout ends one session, and logout-all every one", async ({ browser }) => {
  const email = newEmail();
  await browser.signUp(email);
  const first = credentials(await browser.logIn(email));
  const second = credentials(await browser.logIn(email));

  const logout = await browser.post("/v1/auth/logout", undefined, first);
  expect(logout.status).toBe(204);
  expect(logout.headers.get("Set-Cookie")).toContain("Max-Age=0");
  expect(await statusWith(browser, first)).toBe(401);
  expect(await statusWith(browser, second)).toBe(200);

  const third = credentials(await browser.logIn(email));
  expect((await browser.post("/v1/auth/logout-all", undefined, second)).status).toBe(204);
  expect(await statusWith(browser, second)).toBe(401);
  expect(await statusWith(browser, third)).toBe(401);
});

test("a session ends when it is not used, and at its absolute limit", async ({
  connect,
  makeSettings,
}) => {
  const idle = await connect(makeSettings({ SESSION_IDLE_TTL: "1" }));
  const unused = await newUser(idle);
  expect(await statusWith(idle, unused)).toBe(200);
  await sleep(1300);
  expect(await statusWith(idle, unused)).toBe(401);

  const absolute = await connect(makeSettings({ SESSION_ABSOLUTE_TTL: "2" }));
  const used = await newUser(absolute);
  for (let second = 0; second < 3; second += 1) {
    await sleep(1000);
    await statusWith(absolute, used);
  }
  expect(await statusWith(absolute, used)).toBe(401);
});

test("without Redis nobody is signed out", async ({ browser, connect, makeSettings }) => {
  const headers = await newUser(browser);
  const cutOff = await connect(makeSettings({ REDIS_URL: "redis://127.0.0.1:1/0" }));

  const answer = await cutOff.get("/v1/users/me", headers);

  expect(answer.status).toBe(503);
  expect(answer.headers.getSetCookie()).toEqual([]);
  expect((await cutOff.get("/v1/posts", headers)).status).toBe(200);
  expect(await statusWith(browser, headers)).toBe(200);
});

test("a deleted user is out at once", async ({ browser }) => {
  const headers = await newUser(browser);

  expect((await browser.send("DELETE", "/v1/users/me", undefined, headers)).status).toBe(204);
  expect(await statusWith(browser, headers)).toBe(401);
});
