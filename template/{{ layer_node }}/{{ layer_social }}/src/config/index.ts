/** The service's configuration: environment variables, validated once at start. */

import { authSettings } from "./auth.ts";
import { coreSettings } from "./core.ts";
import { jobSettings } from "./jobs.ts";
import { inProduction, load, orExit, type Values } from "./loading.ts";
import { socialSettings } from "./social.ts";
import { relateWorker } from "./worker.ts";

const shape = (production: boolean) => ({
  ...coreSettings(production),
  ...authSettings(production),
  ...socialSettings(production),
  ...jobSettings(production),
});

/** Every setting of the service, for api, worker and migrations alike. */
export type Settings = Values<ReturnType<typeof shape>>;

/** Raises ConfigError with every faulty variable. */
export function loadSettings(env: NodeJS.ProcessEnv = process.env): Settings {
  return load(shape(inProduction(env)), env, relateWorker);
}

/** The settings, or one log line for each faulty variable and exit code 78. */
export const loadSettingsOrExit = (): Settings => orExit(loadSettings);
