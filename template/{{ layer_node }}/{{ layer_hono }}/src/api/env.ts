/** What every handler finds in its context: Node's own request in `c.env`, the rest in `c.var`. */

import type { HttpBindings } from "@hono/node-server";
import type { Settings } from "../config/index.ts";
import type { Exchange } from "../http/exchange.ts";
import type { Guards } from "../http/guards.ts";
import type { Services } from "../services/index.ts";

export interface Parts {
  readonly settings: Settings;
  readonly services: Services;
  readonly guards: Guards;
}

export interface Env {
  Bindings: HttpBindings;
  Variables: Parts & { exchange: Exchange };
}
