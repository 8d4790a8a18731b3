/** What browsers are told when pages of other origins call. */

import type { RequestHandler } from "express";
import { corsHeaders, preflightHeaders } from "../../security/cors.ts";

export function cors(allowed: readonly string[]): RequestHandler {
  return ({ method, headers }, res, next) => {
    if (method === "OPTIONS" && "access-control-request-method" in headers) {
      res.status(204).set(preflightHeaders(headers.origin, allowed)).end();
      return;
    }
    res.set(corsHeaders(headers.origin, allowed));
    next();
  };
}
