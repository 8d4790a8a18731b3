/** What a signed-in client sends along: the cookie of its session. */

import type { Answer, Browser } from "./browser.ts";

export const COOKIE = "__Host-session";

/** The headers of a request after this login. */
export function credentials(login: Answer): { Cookie: string } {
  return { Cookie: `${COOKIE}=${login.cookies[COOKIE]}` };
}

/** The headers of a user who has just signed up and in. */
export async function newUser(browser: Browser): Promise<{ Cookie: string }> {
  const { body } = await browser.signUp();
  return credentials(await browser.logIn(String(body["email"])));
}
