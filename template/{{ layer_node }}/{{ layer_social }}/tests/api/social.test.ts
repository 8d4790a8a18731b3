import { COOKIE, credentials } from "../support/authorization.ts";
import { type Answer, type Browser, newEmail } from "../support/browser.ts";
import { Provider } from "../support/provider.ts";
import { SOCIAL_VARIABLES } from "../support/social-variables.ts";
import { expect, test as plain } from "../support/test.ts";

const PATH = "/v1/auth/oauth/acme";
const TRANSACTION = "__Host-oauth_tx";
const SUCCESS = SOCIAL_VARIABLES.OAUTH_SUCCESS_URL;

/** Sign-ins through the provider, each begun in a browser without cookies. */
class Traveller {
  readonly provider: Provider;
  readonly #browser: Browser;

  constructor(browser: Browser, provider: Provider) {
    this.#browser = browser;
    this.provider = provider;
  }

  begin(): Promise<Answer> {
    return this.#browser.get(`${PATH}/start`);
  }

  /** With the answer that the provider would give, or another one. */
  end(begun: Answer, changes: Record<string, string> = {}, cookie = true): Promise<Answer> {
    const answer = this.provider.consent(begun.headers.get("Location") ?? "");
    const query = new URLSearchParams({ ...answer, ...changes });
    const headers = { Cookie: `${TRANSACTION}=${begun.cookies[TRANSACTION]}` };
    return this.#browser.get(`${PATH}/callback?${query}`, cookie ? headers : {});
  }

  async signIn(): Promise<Answer> {
    return this.end(await this.begin());
  }
}

const test = plain
  .extend("provider", async ({ task: _task }, { onCleanup }) => {
    const provider = new Provider();
    await provider.open();
    onCleanup(() => provider.close());
    provider.claims = { email: newEmail(), email_verified: true };
    return provider;
  })
  .extend("visitor", async ({ connect, makeSettings, provider }) =>
    connect(makeSettings({ OAUTH_ISSUER: provider.issuer })),
  )
  .extend("traveller", async ({ provider, visitor }) => new Traveller(visitor, provider));

function expectFailure(answer: Answer, reason: string): void {
  const location = `${SOCIAL_VARIABLES.OAUTH_FAILURE_URL}?error=${reason}`;
  expect([answer.status, answer.headers.get("Location")]).toEqual([303, location]);
  expect(answer.cookies[COOKIE]).toBeUndefined();
}

test("start sends the browser to the provider", async ({ traveller }) => {
  const begun = await traveller.begin();

  const location = new URL(begun.headers.get("Location") ?? "");
  expect(begun.status).toBe(303);
  expect(location.href.startsWith(`${traveller.provider.issuer}/authorize?`)).toBe(true);
  expect([...location.searchParams.keys()]).toEqual([
    "response_type",
    "client_id",
    "redirect_uri",
    "scope",
    "state",
    "nonce",
    "code_challenge",
    "code_challenge_method",
  ]);
  expect(begun.headers.get("Set-Cookie")).toContain("SameSite=Lax");
});

test("who comes back is signed in", async ({ provider, sql, traveller }) => {
  const answer = await traveller.signIn();

  expect([answer.status, answer.headers.get("Location")]).toEqual([303, SUCCESS]);
  expect(answer.cookies[COOKIE]).toBeTruthy();
  const { rows } = await sql.query("SELECT email, email_verified_at, password_hash FROM users");
  expect(rows).toEqual([
    { email: provider.claims["email"], email_verified_at: expect.any(Date), password_hash: null },
  ]);
  expect(provider.tokenRequests[0]?.has("code_verifier")).toBe(true);
});

test("a sign-in works once and in its own browser", async ({ provider, traveller }) => {
  expectFailure(await traveller.end(await traveller.begin(), {}, false), "oauth_state_invalid");
  const wrong = { state: "another" };
  expectFailure(await traveller.end(await traveller.begin(), wrong), "oauth_state_invalid");
  expect(provider.tokenRequests).toEqual([]);

  const begun = await traveller.begin();
  expect((await traveller.end(begun)).headers.get("Location")).toBe(SUCCESS);
  expectFailure(await traveller.end(begun), "oauth_state_invalid");
  expect(provider.tokenRequests).toHaveLength(1);
});

test("what the provider gets wrong signs nobody in", async ({ provider, sql, traveller }) => {
  const { claims } = provider;
  provider.claims = { ...claims, aud: "another client" };
  expectFailure(await traveller.signIn(), "oauth_token_invalid");
  provider.claims = claims;

  const denied = { error: "access_denied" };
  expectFailure(await traveller.end(await traveller.begin(), denied), "oauth_denied");
  const begun = await traveller.begin();
  provider.failing = true;
  expectFailure(await traveller.end(begun), "oauth_unavailable");
  expect((await sql.query("SELECT FROM users")).rows).toEqual([]);
});

test("the subject counts, and not the address", async ({ provider, sql, traveller }) => {
  await traveller.signIn();
  provider.claims = { email: newEmail(), email_verified: false };

  expect((await traveller.signIn()).headers.get("Location")).toBe(SUCCESS);
  expect((await sql.query("SELECT FROM users")).rows).toHaveLength(1);
});

test("an address the provider does not vouch for links nothing", async ({
  provider,
  sql,
  traveller,
  visitor,
}) => {
  provider.claims = { ...provider.claims, email_verified: false };
  await visitor.signUp(String(provider.claims["email"]));

  expectFailure(await traveller.signIn(), "oauth_email_unverified");
  expect((await sql.query("SELECT FROM oauth_identities")).rows).toEqual([]);
});

test("a verified address is linked, and its password lives on", async ({
  provider,
  sql,
  traveller,
  visitor,
}) => {
  const email = String(provider.claims["email"]);
  await visitor.signUp(email);
  await sql.query("UPDATE users SET email_verified_at = now()");

  expect((await traveller.signIn()).headers.get("Location")).toBe(SUCCESS);
  expect((await sql.query("SELECT FROM users")).rows).toHaveLength(1);
  expect((await visitor.logIn(email)).status).toBeLessThan(300);
});

test("whoever registered an address before its owner is thrown out", async ({
  provider,
  sql,
  traveller,
  visitor,
}) => {
  const email = String(provider.claims["email"]);
  await visitor.signUp(email);
  const squatter = credentials(await visitor.logIn(email));

  expect((await traveller.signIn()).headers.get("Location")).toBe(SUCCESS);

  expect((await sql.query("SELECT FROM users")).rows).toHaveLength(1);
  expect((await visitor.get("/v1/users/me", squatter)).status).toBe(401);
  expect((await visitor.logIn(email)).status).toBe(401);
});
