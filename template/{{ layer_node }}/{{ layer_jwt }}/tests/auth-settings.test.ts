import { expect } from "vitest";
import { AUTH_VARIABLES } from "./support/auth-variables.ts";
import { test } from "./support/test.ts";

const GUESSABLE = [
  "too short",
  "x".repeat(40),
  "a-secret-that-anybody-may-guess-12345",
  "change-me-change-me-change-me-12",
];

test("a secret that can be guessed is refused, and not repeated", ({ makeSettings }) => {
  for (const secret of GUESSABLE) {
    expect(() => makeSettings({ JWT_SECRET: secret })).toThrow(/^JWT_SECRET: must [a-z0-9 ,]+$/);
  }
});

test("a random one is taken", ({ makeSettings }) => {
  expect(makeSettings().jwtSecret).toBe(AUTH_VARIABLES.JWT_SECRET);
});
