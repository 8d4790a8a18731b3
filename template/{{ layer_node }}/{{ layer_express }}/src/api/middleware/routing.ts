/** Which routes there are, and what becomes of requests for any other. */

import { type RequestHandler, Router } from "express";
import { RouteTable } from "../../http/routing.ts";

/** A router for which `/v1/Posts` and `/v1/posts/` are not `/v1/posts`. */
export const strictRouter = (): Router => Router({ caseSensitive: true, strict: true });

export function tableOf(routers: readonly Router[]): RouteTable {
  const table = new RouteTable();
  const layers = routers.flatMap((router) => router.stack);
  for (const { path, stack } of layers.flatMap(({ route }) => route ?? [])) {
    for (const { method } of stack) table.add(method.toUpperCase(), path);
  }
  return table;
}

/** HEAD and OPTIONS are methods like others: Express would answer them wherever there is a route. */
export function explicitMethods(table: RouteTable): RequestHandler {
  return ({ method, path }, _res, next) => {
    if (method === "HEAD" || method === "OPTIONS") throw table.refusal(path);
    next();
  };
}

export function unrouted(table: RouteTable): RequestHandler {
  return ({ path }) => {
    throw table.refusal(path);
  };
}
