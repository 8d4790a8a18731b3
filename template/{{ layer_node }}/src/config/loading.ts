/** From environment variables to settings, or to a list of what is wrong with them. */

import type { z } from "zod";
import { PROJECT_NAME } from "../project.ts";

const EXIT_CONFIG = 78; // EX_CONFIG in sysexits.h
const PLACEHOLDER = /change[-_ ]?me/i;

/** Settings by name; the variable of `dbPoolMax` is DB_POOL_MAX. */
export type Shape = Readonly<Record<string, z.ZodType>>;
export type Values<S extends Shape> = { readonly [K in keyof S]: z.output<S[K]> };

/** What is wrong, by variable; it never holds a value. */
export type Problems = Map<string, string>;

/** What only holds of several settings together; called with those that are valid by themselves. */
export type Relation<S extends Shape> = (
  values: Partial<Values<S>>,
) => Partial<Record<keyof S & string, string>>;

export class ConfigError extends Error {
  readonly problems: Problems;

  constructor(problems: Problems) {
    super([...problems].map(([name, problem]) => `${name}: ${problem}`).join("; "));
    this.name = "ConfigError";
    this.problems = problems;
  }
}

/** An unknown APP_ENV is judged by the strictest rules: nothing slips through beside it. */
export function inProduction(env: NodeJS.ProcessEnv): boolean {
  return !["development", "test"].includes(env["APP_ENV"] ?? "");
}

export function variableOf(setting: string): string {
  return setting.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();
}

/** Raises ConfigError with every faulty variable. */
export function load<S extends Shape>(
  shape: S,
  env: NodeJS.ProcessEnv,
  relation: Relation<S>,
): Values<S> {
  const problems: Problems = new Map();
  const values: Record<string, unknown> = {};
  for (const [setting, schema] of Object.entries(shape)) {
    const variable = variableOf(setting);
    // An empty variable is how a compose file or a CI system says "not set".
    const text = env[variable] || undefined;
    const parsed = schema.safeParse(text);
    if (!parsed.success) {
      problems.set(
        variable,
        text === undefined ? "is required" : (parsed.error.issues[0]?.message ?? "is not valid"),
      );
    } else if (text !== undefined && PLACEHOLDER.test(text) && inProduction(env)) {
      problems.set(variable, "still holds a placeholder");
    } else {
      values[setting] = parsed.data;
    }
  }
  for (const [setting, problem] of Object.entries(relation(values as Partial<Values<S>>))) {
    if (problem !== undefined) problems.set(variableOf(setting), problem);
  }
  if (problems.size > 0) throw new ConfigError(problems);
  return values as Values<S>;
}

/** The settings, or one log line for each faulty variable and exit code 78. */
export function orExit<T>(loadSettings: () => T): T {
  try {
    return loadSettings();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    for (const [variable, problem] of error.problems) {
      const line = {
        timestamp: new Date().toISOString(),
        level: "error",
        message: "invalid_configuration",
        service: process.env["SERVICE_NAME"] || PROJECT_NAME,
        variable,
        problem,
      };
      process.stdout.write(`${JSON.stringify(line)}\n`);
    }
    process.exit(EXIT_CONFIG);
  }
}
