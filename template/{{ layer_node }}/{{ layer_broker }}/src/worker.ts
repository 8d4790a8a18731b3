/** `make worker`: runs background jobs until it is told to stop. */

import { loadSettingsOrExit } from "./config/index.ts";
import { BrokerLoop } from "./jobs/broker-loop.ts";
import { run } from "./jobs/runtime.ts";
import { connect } from "./jobs/transport.ts";

await run(loadSettingsOrExit(), (runtime) => new BrokerLoop(runtime, connect(runtime.settings)));
