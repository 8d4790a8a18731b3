/** From anything that goes wrong to the one shape of error response. */

import type { IncomingMessage } from "node:http";
import type { CoreSettings } from "../config/core.ts";
import { NotFound, ServiceError } from "../errors.ts";
import { described, log } from "../observability/logging.ts";
import { ERROR_RESPONSES, type ErrorBody, errorBody, errorHeaders } from "../responses.ts";
import { challenge } from "./credentials.ts";
import { Exchange } from "./exchange.ts";
import { MethodNotAllowed } from "./routing.ts";

export interface Failure {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: ErrorBody;
}

/** What a client is told of an error. One that is not ours is logged, and told as such. */
export function failureOf(error: unknown, exchange: Exchange): Failure {
  if (!(error instanceof ServiceError)) {
    exchange.run(() => log.error(described(error), "unhandled_error"));
    return failureOf(new ServiceError("internal_error"), exchange);
  }
  const headers = errorHeaders(error);
  if (error.code === "unauthenticated") headers["WWW-Authenticate"] = challenge(exchange);
  if (error instanceof MethodNotAllowed) headers["Allow"] = error.allowed;
  return {
    status: ERROR_RESPONSES[error.code].status,
    headers,
    body: errorBody(error.code, exchange.requestId, error.faults),
  };
}

/** The answer to a request whose target cannot be read: it names nothing, and no route sees it. */
export function unreadable(request: IncomingMessage, settings: CoreSettings): Failure {
  const exchange = new Exchange(request, settings);
  const failure = failureOf(new NotFound(), exchange);
  exchange.end("", failure.status);
  return { ...failure, headers: { ...exchange.headers(), ...failure.headers } };
}
