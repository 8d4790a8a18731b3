/**
 * Where a request carries its credential, and how one is handed out.
 *
 * An access token comes as a bearer token (RFC 6750); the refresh token that renews it lives in a
 * cookie.
 */

import type { IncomingHttpHeaders } from "node:http";
import type { Settings } from "../config/index.ts";
import type { User } from "../models.ts";
import { CredentialCookie } from "../security/cookies.ts";
import type { Services } from "../services/index.ts";
import type { Credentials } from "../services/sessions.ts";
import type { Exchange } from "./exchange.ts";

const BEARER = /^bearer +(.*)$/i;

/** The access token, if the request carries one. */
export function readCredential(
  headers: IncomingHttpHeaders,
  _settings: Settings,
): string | undefined {
  return BEARER.exec(headers.authorization ?? "")?.[1]?.trim();
}

/** The value of WWW-Authenticate. */
export function challenge(exchange: Exchange): string {
  return `Bearer realm="api"${exchange.credentialSent ? ', error="invalid_token"' : ""}`;
}

export function credentialCookie(settings: Settings): CredentialCookie {
  return new CredentialCookie("refresh_token", settings.cookieSecure);
}

export function signIn(
  services: Services,
  user: User,
  _headers: IncomingHttpHeaders,
  _settings: Settings,
): Promise<Credentials> {
  return services.sessions.signIn(user);
}

/** The value of Set-Cookie. */
export function handOut(credentials: Credentials, settings: Settings): string {
  return credentialCookie(settings).set(credentials.refreshToken, credentials.maxAge);
}

/** What the body of a sign-in says. */
export const tokens = ({ accessToken, expiresIn }: Credentials) => ({
  access_token: accessToken,
  token_type: "Bearer",
  expires_in: expiresIn,
});
