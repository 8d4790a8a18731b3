/** What every request passes, and what single routes ask for. */

import type { IncomingHttpHeaders } from "node:http";
import type { Exchange } from "../../http/exchange.ts";
import { callerOf, type Guards } from "../../http/guards.ts";
import { rateLimitHeaders } from "../../rate-limit.ts";
import type { Middleware } from "../dependencies.ts";

declare global {
  namespace Express {
    interface Request {
      /** The caller, where a route is for those who are `signedIn`. */
      userId: string;
    }
  }
}

/** What browsers are told when pages of other origins call. */
export function cors(guards: Guards): Middleware {
  return ({ exchange, headers }, res, next) => {
    const preflight = guards.preflight(exchange, headers);
    if (preflight) {
      res.status(204).set(preflight).end();
      return;
    }
    res.set(exchange.corsHeaders);
    next();
  };
}

export function csrf(guards: Guards): Middleware {
  return (req, _res, next) => {
    guards.refuseCrossSite(req.exchange, req.headers);
    next();
  };
}

export function admission(guards: Guards): Middleware {
  return limiting((exchange, headers) => guards.admit(exchange, headers));
}

export function signUpLimit(guards: Guards): Middleware {
  return limiting((exchange) => guards.limitSignUps(exchange));
}

export const signedIn: Middleware = (req, _res, next) => {
  req.userId = callerOf(req.exchange);
  next();
};

/** Clients learn how much is left of a limit, whether or not they are within it. */
function limiting(
  check: (exchange: Exchange, headers: IncomingHttpHeaders) => Promise<void>,
): Middleware {
  return async ({ exchange, headers }, res, next) => {
    try {
      await check(exchange, headers);
    } finally {
      res.set(rateLimitHeaders(exchange.decisions));
    }
    next();
  };
}
