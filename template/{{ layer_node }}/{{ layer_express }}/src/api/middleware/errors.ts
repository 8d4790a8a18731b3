/** From anything that goes wrong to the one shape of error response. */

import type { ErrorRequestHandler } from "express";
import {
  MalformedRequest,
  NotFound,
  PayloadTooLarge,
  type ServiceError,
  UnsupportedMediaType,
} from "../../errors.ts";
import { failureOf } from "../../http/failures.ts";

/** Errors of `express.raw`, by their `type`. */
const BODY_ERRORS: Readonly<Record<string, () => ServiceError>> = {
  "encoding.unsupported": () => new UnsupportedMediaType(),
  "entity.too.large": () => new PayloadTooLarge(),
  "request.aborted": () => new MalformedRequest(),
  "request.size.invalid": () => new MalformedRequest(),
};

// Express tells it by its four parameters.
export const errors: ErrorRequestHandler = (thrown: Thrown, req, res, _next) => {
  const { status, headers, body } = failureOf(ours(thrown) ?? thrown, req.exchange);
  if (res.headersSent) {
    // Cut short, or it would pass for a whole answer.
    res.destroy();
    return;
  }
  res.status(status).set(headers).json(body);
};

type Thrown = Error & { readonly type?: string; readonly status?: number };

function ours(thrown: Thrown): ServiceError | undefined {
  // A path that cannot be decoded names nothing.
  if (thrown instanceof URIError && thrown.status === 400) return new NotFound();
  return BODY_ERRORS[thrown.type ?? ""]?.();
}
