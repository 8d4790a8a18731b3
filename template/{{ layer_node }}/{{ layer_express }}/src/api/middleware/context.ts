/** The outermost layer: request id, trace, access log, metrics and headers. */

import type { RequestHandler } from "express";
import type { Settings } from "../../config/index.ts";
import { Exchange } from "../../http/exchange.ts";
import type { RouteTable } from "../../http/routing.ts";

declare global {
  namespace Express {
    interface Request {
      exchange: Exchange;
    }
  }
}

// Of whoever went away before there was an answer. No client ever sees it.
const CLIENT_CLOSED_REQUEST = 499;

export function context(settings: Settings, table: RouteTable): RequestHandler {
  return (req, res, next) => {
    const exchange = new Exchange(req, settings);
    const route = table.match(req.path);
    req.exchange = exchange;
    res.set(exchange.headers());
    res.once("close", () => {
      exchange.end(route, res.headersSent ? res.statusCode : CLIENT_CLOSED_REQUEST);
    });
    exchange.run(() => next());
  };
}
