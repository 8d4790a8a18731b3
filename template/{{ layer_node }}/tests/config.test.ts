import { describe, expect, test } from "vitest";
import { loadSettings } from "../src/config/index.ts";
import { ConfigError } from "../src/config/loading.ts";
import { AUTH_VARIABLES } from "./support/auth-variables.ts";
import { QUEUE_VARIABLES } from "./support/queue-variables.ts";
import { SOCIAL_VARIABLES } from "./support/social-variables.ts";

const GOOD = {
  PUBLIC_APP_URL: "https://app.test",
  DATABASE_URL: "postgresql://app@127.0.0.1/app",
  REDIS_URL: "redis://127.0.0.1",
  SMTP_URL: "smtp://127.0.0.1",
  MAIL_FROM: "no-reply@app.test",
  ...AUTH_VARIABLES,
  ...SOCIAL_VARIABLES,
  ...QUEUE_VARIABLES,
};

function faultsOf(changes: NodeJS.ProcessEnv): ConfigError {
  try {
    loadSettings({ ...GOOD, ...changes });
  } catch (error) {
    if (error instanceof ConfigError) return error;
  }
  throw new Error("the settings were taken");
}

test("without APP_ENV it is production", () => {
  expect(loadSettings(GOOD).appEnv).toBe("production");
});

test("all faults are named, and no value", () => {
  const error = faultsOf({
    MAIL_FROM: "",
    PORT: "abc",
    DATABASE_URL: "mysql://app:what-nobody-may-read@127.0.0.1/app",
  });

  expect([...error.problems.keys()].sort()).toEqual(["DATABASE_URL", "MAIL_FROM", "PORT"]);
  expect(error.problems.get("MAIL_FROM")).toBe("is required");
  expect(error.message).not.toContain("nobody");
});

test("a lease must outlive the job", () => {
  expect([...faultsOf({ JOB_TIMEOUT: "90" }).problems.keys()]).toEqual(["JOB_LEASE"]);
});

describe("what helps in development is refused in production", () => {
  test.each([
    ["COOKIE_SECURE", "false"],
    ["CORS_ALLOWED_ORIGINS", "*"],
    ["PUBLIC_APP_URL", "http://app.test"],
    ["DATABASE_URL", "postgresql://app:change-me@127.0.0.1/app"],
  ])("%s=%s", (variable, value) => {
    expect([...faultsOf({ [variable]: value }).problems.keys()]).toEqual([variable]);
    loadSettings({ ...GOOD, [variable]: value, APP_ENV: "development" });
  });
});
