"""Passwords: which are accepted, and how they are kept (Argon2id)."""

from __future__ import annotations

from functools import cache
from importlib import resources

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from pydantic_core import PydanticCustomError

MAX_LENGTH = 128
# The second of OWASP's recommended settings: 19 MiB, two passes, one lane.
_hasher = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)


class PasswordPolicy:
    """Rules for new passwords; lengths are in code points, and any character is welcome."""

    min_length = 15

    def check(self, password: str, email: str | None = None) -> str:
        if len(password) < self.min_length:
            raise PydanticCustomError(
                "min_length", f"must have at least {self.min_length} characters"
            )
        if len(password) > MAX_LENGTH:
            raise PydanticCustomError("max_length", f"must have at most {MAX_LENGTH} characters")
        if password.lower() in common_passwords():
            raise PydanticCustomError("too_common", "is on the list of common passwords")
        if email is not None and password.lower() == email.lower():
            raise PydanticCustomError("too_common", "must not be the email address")
        return password


policy = PasswordPolicy()


@cache
def common_passwords() -> frozenset[str]:
    text = resources.files(__package__).joinpath("common_passwords.txt").read_text("utf-8")
    return frozenset(text.splitlines())


def hash_password(password: str) -> str:
    return _hasher.hash(_bytes(password))


def verify_password(password_hash: str | None, password: str) -> bool:
    """Whether the password fits. Takes as long when there is no hash to compare with."""
    try:
        _hasher.verify(password_hash or _decoy(), _bytes(password))
    except (VerificationError, InvalidHashError):
        return False
    return password_hash is not None


@cache
def _decoy() -> str:
    return hash_password("nobody has this one")


def _bytes(password: str) -> bytes:
    return password.encode("utf-8", "surrogatepass")
