"""Sign-in through a provider: what binds it to a browser, and which answers are believed."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from urllib.parse import urlencode

import orjson
from pydantic_core import PydanticCustomError

from app import text
from app.config import Settings
from app.schemas import NAME_MAX
from app.security.cookies import CredentialCookie
from app.security.opaque import hash_token
from app.security.openid import Identity, Transaction

TRANSACTION_SECONDS = 600


class SignInFailed(Exception):
    """`reason` is what the browser is sent back with."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class IdentityTaken(Exception):
    """Another request gave this identity to a user first."""


def transaction_cookie(settings: Settings) -> CredentialCookie:
    # Lax: a Strict cookie would not come along when the provider sends the browser back.
    return CredentialCookie("oauth_tx", settings.cookie_secure, same_site="Lax")


def transaction_key(token: str) -> str:
    return f"oauth_tx:{hash_token(token).hex()}"


def dump_transaction(transaction: Transaction) -> bytes:
    return orjson.dumps(transaction._asdict())


def load_transaction(value: bytes | str | None) -> Transaction | None:
    return Transaction(**orjson.loads(value)) if value else None


def refuse_answer(
    transaction: Transaction | None, answer: Mapping[str, str], settings: Settings
) -> Transaction:
    """The transaction that the provider's answer belongs to. Raises SignInFailed."""
    state = answer.get("state", "")
    if transaction is None or not secrets.compare_digest(
        transaction.state.encode(), state.encode()
    ):
        raise SignInFailed("oauth_state_invalid")
    if "error" in answer:
        denied = answer["error"] == "access_denied"
        raise SignInFailed("oauth_denied" if denied else "oauth_unavailable")
    if answer.get("iss", settings.oauth_issuer) != settings.oauth_issuer:
        raise SignInFailed("oauth_token_invalid")
    return transaction


def address_of(identity: Identity) -> str:
    """The email that the provider vouches for. Raises SignInFailed."""
    # Without the provider's word for it, an address proves nothing about its owner.
    if not identity.email_verified or identity.email is None:
        raise SignInFailed("oauth_email_unverified")
    try:
        return text.email(identity.email)
    except PydanticCustomError as error:
        raise SignInFailed("oauth_email_unverified") from error


def name_of(identity: Identity, email: str) -> str:
    name = (identity.name or "").replace("\x00", "").strip() or email.partition("@")[0]
    return name[:NAME_MAX]


def failure_url(failure: SignInFailed, settings: Settings) -> str:
    url = settings.oauth_failure_url
    separator = "&" if "?" in url else "?"
    return f"{url}{separator}{urlencode({'error': failure.reason})}"
