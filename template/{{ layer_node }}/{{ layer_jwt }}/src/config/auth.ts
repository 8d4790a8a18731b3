/** Settings of sign-in by access token and refresh cookie. */

import { z } from "zod";
import { wholeSeconds } from "./variables.ts";

const MIN_SECRET_BYTES = 32;
const MIN_DISTINCT_CHARACTERS = 8;
const GUESSABLE = /change|secret|example|password/i;

export const authSettings = (_production: boolean) => ({
  jwtSecret: z
    .string()
    .refine((value) => Buffer.byteLength(value) >= MIN_SECRET_BYTES, {
      error: `must have at least ${MIN_SECRET_BYTES} bytes`,
    })
    .refine((value) => new Set(value).size >= MIN_DISTINCT_CHARACTERS, {
      error: `must have at least ${MIN_DISTINCT_CHARACTERS} distinct characters`,
    })
    .refine((value) => !GUESSABLE.test(value), {
      error: "must be random, not a word anyone would try",
    }),
  jwtIssuer: z.string(),
  jwtAudience: z.string(),
  accessTokenTtl: wholeSeconds().default(900),
  refreshTokenTtl: wholeSeconds().default(2_592_000),
});
