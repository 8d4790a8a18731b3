/** From anything that goes wrong to the one shape of error response. */

import type { ErrorRequestHandler } from "express";
import { NotFound, PayloadTooLarge } from "../../errors.ts";
import { failureOf } from "../../http/failures.ts";

// Express tells it by its four parameters.
export const errors: ErrorRequestHandler = (thrown: Error, req, res, _next) => {
  const error = isUndecodable(thrown) ? new NotFound() : thrown;
  const { status, headers, body } = failureOf(error, req.exchange);
  if (res.headersSent) {
    // Cut short, or it would pass for a whole answer.
    res.destroy();
    return;
  }
  // What is left of it is never read.
  if (error instanceof PayloadTooLarge) res.set("Connection", "close");
  res.status(status).set(headers).json(body);
};

/** Express throws it for `/v1/posts/%zz`. A path that cannot be decoded names nothing. */
const isUndecodable = (error: Error & { readonly status?: number }): boolean =>
  error instanceof URIError && error.status === 400;
