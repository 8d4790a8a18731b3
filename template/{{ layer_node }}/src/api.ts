/** `make api`: read the configuration, build the service, listen. */

import { loadSettingsOrExit } from "./config/index.ts";

const settings = loadSettingsOrExit();
// Not before: whoever mistyped a variable is told at once, not after a second of imports.
const [{ start }, { serve }] = await Promise.all([
  import("./api/start.ts"),
  import("./http/serve.ts"),
]);

await serve(settings, start);
