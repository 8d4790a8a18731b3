/** `make worker`: runs background jobs until it is told to stop. */

import { loadSettingsOrExit } from "./config/index.ts";
import { run } from "./jobs/runtime.ts";
import { Poller } from "./jobs/transport.ts";

await run(loadSettingsOrExit(), (runtime) => new Poller(runtime));
