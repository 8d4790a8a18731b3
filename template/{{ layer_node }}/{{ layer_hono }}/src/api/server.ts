/** From Node's server to Hono, and answers to what never gets there. */

import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { getRequestListener, RequestError } from "@hono/node-server";
import type { Hono } from "hono";
import type { Settings } from "../config/index.ts";
import { NotFound } from "../errors.ts";
import { Exchange } from "../http/exchange.ts";
import type { Env } from "./env.ts";
import { lastResort } from "./errors.ts";

// Of requests that name none, as HTTP/1.0 allows; the service never asks.
const HOSTNAME = "localhost";

export function serverOf(app: Hono<Env>, settings: Settings): Server {
  // A listener for each request, because an error handler is not told whose error it is.
  return createServer((incoming, outgoing) => {
    const errorHandler = (error: unknown) => refused(error, incoming, outgoing, settings);
    return getRequestListener(app.fetch, { hostname: HOSTNAME, errorHandler })(incoming, outgoing);
  });
}

/** An address that cannot be parsed names nothing. No middleware sees such a request. */
function refused(
  error: unknown,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  settings: Settings,
): Response {
  const exchange = new Exchange(incoming, settings);
  const response = lastResort(error instanceof RequestError ? new NotFound() : error, exchange);
  outgoing.once("close", () => exchange.end("", response.status));
  return response;
}
