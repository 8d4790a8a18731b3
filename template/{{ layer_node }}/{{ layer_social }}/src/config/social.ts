/** Settings of sign-in through an OpenID Connect provider. */

import { z } from "zod";
import type { Values } from "./loading.ts";
import { url } from "./variables.ts";

const GUESSABLE = /change|secret|example|password/i;
const httpUrl = () => url("http", "https");

export const socialSettings = (_production: boolean) => ({
  // The provider's name in our own paths.
  oauthProvider: z.string().regex(/^[a-z0-9-]+$/, "must be small letters, digits and hyphens"),
  oauthIssuer: httpUrl(),
  oauthClientId: z.string(),
  oauthClientSecret: z.string().refine((value) => !GUESSABLE.test(value), {
    error: "must be the secret that the provider gave you, not a placeholder",
  }),
  oauthRedirectUri: httpUrl(),
  oauthSuccessUrl: httpUrl(),
  oauthFailureUrl: httpUrl(),
});

export type SocialSettings = Values<ReturnType<typeof socialSettings>>;
