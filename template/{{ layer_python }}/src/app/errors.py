"""What can go wrong in the service's own terms; nothing in here knows of HTTP."""

from __future__ import annotations

from typing import NamedTuple


class Fault(NamedTuple):
    """One thing wrong with one member or parameter; `rule` names the rule it broke."""

    field: str
    rule: str
    message: str


class ServiceError(Exception):
    """Base of the errors that a client is told about. `code` is what programs act on."""

    code = "internal_error"

    def __init__(self, *faults: Fault) -> None:
        super().__init__(self.code)
        self.faults = faults


class MalformedRequest(ServiceError):
    code = "malformed_request"


class InvalidParameter(ServiceError):
    code = "invalid_parameter"


class TokenInvalid(ServiceError):
    code = "token_invalid"


class Unauthenticated(ServiceError):
    code = "unauthenticated"


class InvalidCredentials(ServiceError):
    code = "invalid_credentials"


class Forbidden(ServiceError):
    code = "forbidden"


class CsrfRejected(ServiceError):
    code = "csrf_rejected"


class NotFound(ServiceError):
    code = "not_found"


class EmailTaken(ServiceError):
    code = "email_taken"


class PreconditionFailed(ServiceError):
    code = "precondition_failed"


class PayloadTooLarge(ServiceError):
    code = "payload_too_large"


class UnsupportedMediaType(ServiceError):
    code = "unsupported_media_type"


class ValidationFailed(ServiceError):
    code = "validation_failed"


class RateLimited(ServiceError):
    """`retry_after` is in whole seconds and never less than one."""

    code = "rate_limited"

    def __init__(self, retry_after: int) -> None:
        super().__init__()
        self.retry_after = max(1, retry_after)


class Unavailable(ServiceError):
    """A dependency is down, or did not answer in time."""

    code = "service_unavailable"
    retry_after = 1
