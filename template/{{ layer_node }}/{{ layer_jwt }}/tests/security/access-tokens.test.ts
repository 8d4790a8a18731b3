import { afterEach, expect, vi } from "vitest";
import { uuid7 } from "../../src/ids.ts";
import { AccessTokens } from "../../src/security/access-tokens.ts";
import { test } from "../support/test.ts";

const CLAIMS = { userId: uuid7(), version: 3 };

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

test("a signature is verified once, however often its token comes", async ({ settings }) => {
  const tokens = new AccessTokens(settings);
  const token = await tokens.mint(CLAIMS);
  const verify = vi.spyOn(crypto.subtle, "verify");

  expect(await tokens.read(token)).toEqual(CLAIMS);
  expect(await tokens.read(token)).toEqual(CLAIMS);

  expect(verify).toHaveBeenCalledTimes(1);
});

test("a token that is known is refused when it has expired", async ({ settings }) => {
  const tokens = new AccessTokens(settings);
  const token = await tokens.mint(CLAIMS);
  expect(await tokens.read(token)).toEqual(CLAIMS);

  vi.setSystemTime(Date.now() + (settings.accessTokenTtl + 61) * 1000);

  expect(await tokens.read(token)).toBeUndefined();
});

test("a known token's signature is good for no other token", async ({ settings }) => {
  const tokens = new AccessTokens(settings);
  const token = await tokens.mint(CLAIMS);
  const other = await tokens.mint({ ...CLAIMS, version: 4 });
  expect(await tokens.read(token)).toEqual(CLAIMS);

  const [header, , signature] = token.split(".");
  const forged = [header, other.split(".")[1], signature].join(".");

  expect(await tokens.read(forged)).toBeUndefined();
});
