/** What can go wrong in the service's own terms; nothing in here knows of HTTP. */

export const RULES = [
  "required",
  "type",
  "min_length",
  "max_length",
  "format",
  "forbidden_char",
  "too_common",
] as const;

export type Rule = (typeof RULES)[number];

/** One thing wrong with one member or parameter; `rule` names the rule it broke. */
export interface Fault {
  readonly field: string;
  readonly rule: Rule;
  readonly message: string;
}

/** Base of the errors that a client is told about. `code` is what programs act on. */
export class ServiceError extends Error {
  readonly code: ErrorCode;
  readonly faults: readonly Fault[];

  constructor(code: ErrorCode, faults: readonly Fault[] = []) {
    super(code);
    this.name = new.target.name;
    this.code = code;
    this.faults = faults;
  }
}

export type ErrorCode =
  | "malformed_request"
  | "invalid_parameter"
  | "token_invalid"
  | "unauthenticated"
  | "invalid_credentials"
  | "refresh_invalid"
  | "forbidden"
  | "csrf_rejected"
  | "not_found"
  | "method_not_allowed"
  | "email_taken"
  | "precondition_failed"
  | "payload_too_large"
  | "unsupported_media_type"
  | "validation_failed"
  | "rate_limited"
  | "internal_error"
  | "service_unavailable";

export class MalformedRequest extends ServiceError {
  constructor() {
    super("malformed_request");
  }
}

export class InvalidParameter extends ServiceError {
  constructor(...faults: Fault[]) {
    super("invalid_parameter", faults);
  }
}

export class TokenInvalid extends ServiceError {
  constructor() {
    super("token_invalid");
  }
}

export class Unauthenticated extends ServiceError {
  constructor() {
    super("unauthenticated");
  }
}

export class InvalidCredentials extends ServiceError {
  constructor() {
    super("invalid_credentials");
  }
}

export class Forbidden extends ServiceError {
  constructor() {
    super("forbidden");
  }
}

export class CsrfRejected extends ServiceError {
  constructor() {
    super("csrf_rejected");
  }
}

export class NotFound extends ServiceError {
  constructor() {
    super("not_found");
  }
}

export class EmailTaken extends ServiceError {
  constructor() {
    super("email_taken");
  }
}

export class PreconditionFailed extends ServiceError {
  constructor() {
    super("precondition_failed");
  }
}

export class PayloadTooLarge extends ServiceError {
  constructor() {
    super("payload_too_large");
  }
}

export class UnsupportedMediaType extends ServiceError {
  constructor() {
    super("unsupported_media_type");
  }
}

export class ValidationFailed extends ServiceError {
  constructor(...faults: Fault[]) {
    super("validation_failed", faults);
  }
}

/** `retryAfter` is in whole seconds and never less than one. */
export class RateLimited extends ServiceError {
  readonly retryAfter: number;

  constructor(retryAfter: number) {
    super("rate_limited");
    this.retryAfter = Math.max(1, retryAfter);
  }
}

/** A dependency is down, or did not answer in time. */
export class Unavailable extends ServiceError {
  readonly retryAfter = 1;

  constructor(cause?: unknown) {
    super("service_unavailable");
    this.cause = cause;
  }
}
