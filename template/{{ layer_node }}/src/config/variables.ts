/** Kinds of variables: each reads text and says in words what it wants. */

import { z } from "zod";

const LARGEST = 2 ** 31 - 1;

/** At most `limit` requests in any `window` seconds. */
export interface RateLimit {
  readonly limit: number;
  readonly window: number;
}

const text = () => z.string();

export const oneOf = <T extends string>(...choices: readonly T[]) =>
  z.enum(choices, { error: `must be one of ${choices.join(", ")}` });

export const flag = () =>
  z
    .string()
    .toLowerCase()
    .pipe(z.enum(["true", "false", "1", "0"], { error: "must be true or false" }))
    .transform((value) => value === "true" || value === "1");

export const whole = (least: number, most = LARGEST) => {
  const error = `must be a whole number from ${least} to ${most}`;
  return text()
    .regex(/^\d{1,10}$/, error)
    .transform(Number)
    .refine((value) => value >= least && value <= most, error);
};

export const port = () => whole(1, 65_535);
export const count = () => whole(1);
export const wholeSeconds = () => whole(1);

export const seconds = () => {
  const error = "must be a number of seconds greater than 0";
  return text()
    .regex(/^\d{1,10}(\.\d+)?$/, error)
    .transform(Number)
    .refine((value) => value > 0 && value <= LARGEST, error);
};

export const url = (...schemes: readonly string[]) =>
  text().refine((value) => isUrl(value, schemes), {
    error: `must be a URL that starts with ${schemes.map((scheme) => `${scheme}://`).join(" or ")}`,
  });

export const rateLimit = () =>
  text()
    .regex(/^0*[1-9]\d{0,8}\/0*[1-9]\d{0,6}$/, "must be N/seconds, such as 100/60")
    .transform((value): RateLimit => {
      const [limit = 0, window = 0] = value.split("/").map(Number);
      return { limit, window };
    });

const ORIGIN = /^https?:\/\/[a-z0-9.\-[\]:]+$/;

export const origins = () =>
  text()
    .transform((value) => value.split(",").map((origin) => origin.trim()))
    .transform((list): readonly string[] => list.filter((origin) => origin !== ""))
    .refine((list) => list.every((origin) => origin === "*" || ORIGIN.test(origin)), {
      error: "must be a comma-separated list of origins such as https://example.org",
    });

function isUrl(value: string, schemes: readonly string[]): boolean {
  if (/\s/.test(value) || !schemes.some((scheme) => value.startsWith(`${scheme}://`))) return false;
  // A standard scheme, so that the host is looked at by the same rules for all.
  const standard = value.replace(/^[a-z]+:/, "http:");
  return URL.canParse(standard) && new URL(standard).port !== "0";
}
