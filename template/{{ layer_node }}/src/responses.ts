/** The one table from error codes to responses, and the shape that every error has. */

import {
  type ErrorCode,
  type Fault,
  RateLimited,
  type ServiceError,
  Unavailable,
} from "./errors.ts";

export interface ErrorResponse {
  readonly status: number;
  readonly title: string;
  readonly message: string;
}

const row = (status: number, title: string, message: string): ErrorResponse => ({
  status,
  title,
  message,
});

export const ERROR_RESPONSES: Readonly<Record<ErrorCode, ErrorResponse>> = {
  malformed_request: row(400, "Bad Request", "The request body is not valid JSON."),
  invalid_parameter: row(400, "Invalid Parameter", "A query parameter is not valid."),
  token_invalid: row(400, "Token Invalid", "The token is unknown, used or expired."),
  unauthenticated: row(401, "Unauthorized", "Sign in to use this resource."),
  invalid_credentials: row(401, "Invalid Credentials", "The email or the password is wrong."),
  refresh_invalid: row(401, "Refresh Invalid", "Sign in again."),
  forbidden: row(403, "Forbidden", "You are not allowed to do this."),
  csrf_rejected: row(403, "Cross-Site Request", "Requests from other sites are refused."),
  not_found: row(404, "Not Found", "There is nothing here."),
  method_not_allowed: row(405, "Method Not Allowed", "This resource does not support the method."),
  email_taken: row(409, "Email Taken", "An account with this email exists."),
  precondition_failed: row(
    412,
    "Precondition Failed",
    "The resource has changed since you read it.",
  ),
  payload_too_large: row(413, "Payload Too Large", "The request body is too large."),
  unsupported_media_type: row(415, "Unsupported Media Type", "Send the body as application/json."),
  validation_failed: row(422, "Validation Failed", "The request has invalid content."),
  rate_limited: row(429, "Too Many Requests", "Too many requests; try again later."),
  internal_error: row(500, "Internal Server Error", "Something went wrong on our side."),
  service_unavailable: row(
    503,
    "Service Unavailable",
    "A part of the service is down; try again soon.",
  ),
};

export interface ErrorBody {
  readonly error: string;
  readonly message: string;
  readonly code: ErrorCode;
  readonly request_id: string;
  readonly details?: readonly Fault[];
}

export function errorBody(
  code: ErrorCode,
  requestId: string,
  faults: readonly Fault[] = [],
): ErrorBody {
  const { title, message } = ERROR_RESPONSES[code];
  const body = { error: title, message, code, request_id: requestId };
  return faults.length > 0 ? { ...body, details: faults } : body;
}

export function errorHeaders(error: ServiceError): Record<string, string> {
  return error instanceof RateLimited || error instanceof Unavailable
    ? { "Retry-After": String(error.retryAfter) }
    : {};
}
