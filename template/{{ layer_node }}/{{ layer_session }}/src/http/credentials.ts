/** Where a request carries its credential, and how one is handed out: the session cookie. */

import type { IncomingHttpHeaders } from "node:http";
import type { Settings } from "../config/index.ts";
import type { User } from "../models.ts";
import { CredentialCookie } from "../security/cookies.ts";
import type { Services } from "../services/index.ts";
import type { Credentials } from "../services/sessions.ts";
import type { Exchange } from "./exchange.ts";

/** The session's id, if the request carries one. */
export function readCredential(
  headers: IncomingHttpHeaders,
  settings: Settings,
): string | undefined {
  return credentialCookie(settings).read(headers.cookie);
}

/** The value of WWW-Authenticate. */
export const challenge = (_exchange: Exchange): string => 'Session realm="api"';

export function credentialCookie(settings: Settings): CredentialCookie {
  return new CredentialCookie("session", settings.cookieSecure);
}

export function signIn(
  services: Services,
  user: User,
  headers: IncomingHttpHeaders,
  settings: Settings,
): Promise<Credentials> {
  return services.sessions.signIn(user, readCredential(headers, settings));
}

/** The value of Set-Cookie. */
export function handOut(credentials: Credentials, settings: Settings): string {
  return credentialCookie(settings).set(credentials.sessionId, credentials.maxAge);
}
