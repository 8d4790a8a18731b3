"""Rules for text that people type."""

from __future__ import annotations

import re

from pydantic_core import PydanticCustomError

EMAIL_MAX = 254
# Printable ASCII on both sides of one "@": what every mail server on the way agrees on.
_EMAIL = re.compile(r"[!-?A-~]+@[!-?A-~]+")


def clean(value: str) -> str:
    """PostgreSQL's text has no room for U+0000."""
    if "\x00" in value:
        raise PydanticCustomError("forbidden_char", "must not contain the character U+0000")
    return value


def not_blank(value: str) -> str:
    if not value.strip():
        raise PydanticCustomError("min_length", "must have more than white space")
    return value


def email(value: str) -> str:
    """The address in the one form in which it is stored and compared."""
    if not _EMAIL.fullmatch(value):
        raise PydanticCustomError("format", "must be an email address")
    return value.lower()
