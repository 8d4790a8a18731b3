/** Logs: one JSON object per line on stdout. */

import { pino } from "pino";
import type { CoreSettings } from "../config/core.ts";
import { PROJECT_NAME } from "../project.ts";
import { currentScope } from "./scope.ts";

let service = PROJECT_NAME;

export const log = pino({
  base: null,
  messageKey: "message",
  timestamp: () => `,"timestamp":"${new Date().toISOString()}"`,
  formatters: { level: (label) => ({ level: label }) },
  mixin: () => ({ service, ...currentScope()?.fields }),
});

/** Call once, before anything may log. */
export function configure(settings: CoreSettings): void {
  service = settings.serviceName;
  log.level = settings.logLevel;
  process.on("uncaughtException", (error) => {
    log.error(described(error), "crashed");
    process.exit(1);
  });
}

/** An error with its stack, for whoever has to mend it. Never the fields a driver adds: they quote
 * rows. */
export function described(error: unknown): { error: string } {
  if (!(error instanceof Error)) return { error: String(error) };
  const cause = error.cause === undefined ? "" : `\ncaused by ${described(error.cause).error}`;
  return { error: `${error.stack ?? error.message}${cause}` };
}

/** What kind of error it was, in a word. */
export function kindOf(error: unknown): string {
  if (!(error instanceof Error)) return typeof error;
  const { code } = error as { code?: unknown };
  return typeof code === "string" ? `${error.name} ${code}` : error.name;
}
