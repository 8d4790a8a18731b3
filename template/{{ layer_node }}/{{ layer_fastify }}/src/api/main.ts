/** `node src/api/main.ts`: read the configuration, build the service, listen. */

import { loadSettingsOrExit } from "../config/index.ts";

const settings = loadSettingsOrExit();
// Not before: whoever mistyped a variable is told at once, not after a second of imports.
const [{ build }, { serve }] = await Promise.all([import("./app.ts"), import("../http/serve.ts")]);

await serve(settings, async () => {
  const app = build(settings);
  await app.ready();
  return { server: app.server, close: () => app.close() };
});
