/** What a signed-in client sends along: an access token. */

import type { Answer, Browser } from "./browser.ts";

export const COOKIE = "__Host-refresh_token";

/** The headers of a request after this login. */
export function credentials(login: Answer): { Authorization: string } {
  return { Authorization: `Bearer ${login.body["access_token"]}` };
}

/** The headers of a user who has just signed up and in. */
export async function newUser(browser: Browser): Promise<{ Authorization: string }> {
  const { body } = await browser.signUp();
  return credentials(await browser.logIn(String(body["email"])));
}
