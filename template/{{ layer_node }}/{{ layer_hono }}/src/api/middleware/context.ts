/** The outermost layer: request id, trace, access log, metrics and headers. */

import { createMiddleware } from "hono/factory";
import { Exchange } from "../../http/exchange.ts";
import type { RouteTable } from "../../http/routing.ts";
import type { Env, Parts } from "../env.ts";

export const context = ({ settings, services, guards }: Parts, table: RouteTable) =>
  createMiddleware<Env>(async (c, next) => {
    const { incoming, outgoing } = c.env;
    const exchange = new Exchange(incoming, settings);
    c.set("settings", settings);
    c.set("services", services);
    c.set("guards", guards);
    c.set("exchange", exchange);

    await exchange.run(next);

    const { headers, status } = c.res;
    for (const [name, value] of Object.entries(exchange.headers())) {
      if (!headers.has(name)) headers.set(name, value);
    }
    const end = () => exchange.end(table.match(c.req.path), status);
    // A client that has left does not close a second time.
    if (outgoing.closed) end();
    else outgoing.once("close", end);
  });
