"""Accounts: which password is refused, and how failed logins are counted."""

from __future__ import annotations

import hashlib
from typing import NamedTuple

import structlog
from pydantic_core import PydanticCustomError

from app.errors import Fault, InvalidCredentials, ValidationFailed
from app.models import User
from app.security.client_ip import rate_limit_key
from app.security.passwords import policy

log = structlog.get_logger(__name__)


class LoginKeys(NamedTuple):
    """What failed logins are counted against: the pair of email and address, which stops guessing
    without locking the owner out, and the address, which stops trying many emails."""

    pair: str
    ip: str


def login_keys(email: str, client_ip: str) -> LoginKeys:
    ip = rate_limit_key(client_ip)
    return LoginKeys(f"{hash_email(email)}:{ip}", ip)


def login_failed(email: str, user: User | None) -> InvalidCredentials:
    """Says so in the log, where an address is never in clear."""
    known = {"user_id": str(user.id)} if user else {}
    log.info("login_failed", email_hash=hash_email(email), **known)
    return InvalidCredentials()


def hash_email(email: str) -> str:
    return hashlib.sha256(email.encode()).hexdigest()


def refuse_email_as_password(password: str, email: str) -> None:
    """Raises ValidationFailed."""
    try:
        policy.check(password, email)
    except PydanticCustomError as error:
        raise ValidationFailed(Fault("new_password", error.type, error.message())) from None
