/** The outermost layer: request id, trace, access log, metrics and headers. */

import { type ServerResponse, validateHeaderValue } from "node:http";
import { createMiddleware } from "hono/factory";
import { Exchange } from "../../http/exchange.ts";
import type { RouteTable } from "../../http/routing.ts";
import type { Env, Parts } from "../env.ts";
import { lastResort } from "../errors.ts";

export const context = ({ settings, services, guards }: Parts, table: RouteTable) =>
  createMiddleware<Env>(async (c, next) => {
    const { incoming, outgoing } = c.env;
    const exchange = new Exchange(incoming, settings);
    c.set("settings", settings);
    c.set("services", services);
    c.set("guards", guards);
    c.set("exchange", exchange);

    try {
      await exchange.run(next);
      complete(c.res, outgoing, exchange);
    } catch (error) {
      // Nothing of what was prepared: a header of it may be what went wrong.
      c.res = undefined;
      c.res = lastResort(error, exchange);
    }

    const { status } = c.res;
    const end = () =>
      exchange.end(table.match(c.req.path), outgoing.headersSent ? outgoing.statusCode : status);
    // A client that has left does not close a second time.
    if (outgoing.closed) end();
    else outgoing.once("close", end);
  });

/** Adds what a response does not say itself. Raises for what Node would refuse to write, while
 * there is still somebody to answer instead. */
function complete({ headers }: Response, outgoing: ServerResponse, exchange: Exchange): void {
  // On Node's own response, where what this one says is written later and prevails: a Headers object
  // takes several times as long.
  for (const [name, value] of Object.entries(exchange.headers())) outgoing.setHeader(name, value);
  for (const [name, value] of headers) validateHeaderValue(name, value);
}
