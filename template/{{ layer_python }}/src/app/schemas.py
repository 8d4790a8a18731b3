"""Requests and responses as clients see them; `openapi.yaml` describes the same shapes.

Requests are strict (a number is not a string) and ignore members that they do not know.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    ValidationInfo,
    field_validator,
)
from pydantic_core import PydanticCustomError

from app import text
from app.ids import parse_uuid
from app.security import passwords

NAME_MAX = 100
TITLE_MAX = 200
BODY_MAX = 10_000
TOKEN_MAX = 128


def _timestamp(value: datetime) -> str:
    return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


Time = Annotated[datetime, PlainSerializer(_timestamp, return_type=str)]
Clean = AfterValidator(text.clean)
NotBlank = AfterValidator(text.not_blank)
Email = Annotated[str, Field(max_length=text.EMAIL_MAX), Clean, AfterValidator(text.email)]
AnyEmail = Annotated[str, Field(max_length=text.EMAIL_MAX), Clean, AfterValidator(str.lower)]
AnyPassword = Annotated[str, Field(max_length=passwords.MAX_LENGTH)]
Token = Annotated[str, Field(min_length=1, max_length=TOKEN_MAX)]
NewPassword = Annotated[str, AfterValidator(passwords.policy.check)]
Name = Annotated[str, Field(min_length=1, max_length=NAME_MAX), Clean, NotBlank]
Title = Annotated[str, Field(min_length=1, max_length=TITLE_MAX), Clean, NotBlank]
Body = Annotated[str, Field(min_length=1, max_length=BODY_MAX), Clean, NotBlank]


class Request(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore", hide_input_in_errors=True)


class Response(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class SignUp(Request):
    email: Email
    name: Name
    password: str

    @field_validator("password")
    @classmethod
    def _acceptable(cls, value: str, info: ValidationInfo) -> str:
        return passwords.policy.check(value, email=info.data.get("email"))


class Login(Request):
    email: AnyEmail
    password: AnyPassword


class ForgotPassword(Request):
    email: AnyEmail


class VerifyEmail(Request):
    token: Token


class ResetPassword(Request):
    token: Token
    new_password: NewPassword


class ChangePassword(Request):
    current_password: AnyPassword
    new_password: NewPassword


class PostCreate(Request):
    title: Title
    body: Body


class PostUpdate(Request):
    """A member that is left out stays as it is; null is not a way to leave it out."""

    title: Title = ""
    body: Body = ""

    @property
    def changes(self) -> dict[str, str]:
        return {name: getattr(self, name) for name in self.model_fields_set}


def _author_id(value: Any) -> UUID | None:
    parsed = parse_uuid(value) if isinstance(value, str) else value
    if parsed is None:
        raise PydanticCustomError("format", "must be a UUID")
    return parsed


class PageQuery(BaseModel):
    """Parameters of a list; each is the text that stood in the URL."""

    limit: Annotated[int, Field(ge=1, le=100)] = 20
    cursor: Annotated[str | None, Field(max_length=512)] = None
    author_id: Annotated[UUID | None, BeforeValidator(_author_id)] = None


class Me(Response):
    id: UUID
    email: str
    name: str
    email_verified: bool
    created_at: Time


class PublicUser(Response):
    id: UUID
    name: str
    created_at: Time


class Post(Response):
    id: UUID
    author_id: UUID
    title: str
    body: str
    created_at: Time
    updated_at: Time


class PostPage(Response):
    data: list[Post]
    next_cursor: str | None


class Job(Response):
    id: UUID
    type: str
    status: str
    attempts: int
    created_at: Time
    finished_at: Time | None
    result: dict[str, Any] | None
    error: str | None


class Live(Response):
    status: str


class Health(Response):
    status: str
    checks: dict[str, str]

    @classmethod
    def of(cls, *, postgres: bool, redis: bool) -> Health:
        """Without PostgreSQL nothing works; without Redis what is public still does."""
        status = "unavailable" if not postgres else "ok" if redis else "degraded"
        checks = {"postgres": "ok" if postgres else "fail", "redis": "ok" if redis else "fail"}
        return cls(status=status, checks=checks)
