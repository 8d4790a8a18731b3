/** What a browser carries on its way to the provider and back. */

import type { Settings } from "../config/index.ts";
import { CredentialCookie } from "../security/cookies.ts";
import type { SignInFailed } from "../services/social.ts";

export function transactionCookie(settings: Settings): CredentialCookie {
  // Lax: a Strict cookie would not come along when the provider sends the browser back.
  return new CredentialCookie("oauth_tx", settings.cookieSecure, "Lax");
}

/** Where a browser ends up whose sign-in failed. */
export function failureUrl(failure: SignInFailed, settings: Settings): string {
  const { oauthFailureUrl: url } = settings;
  return `${url}${url.includes("?") ? "&" : "?"}error=${failure.reason}`;
}
