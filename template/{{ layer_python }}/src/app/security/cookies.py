"""Cookies that carry a credential."""

from __future__ import annotations

from typing import Literal, NamedTuple


class CredentialCookie(NamedTuple):
    """A cookie only this host can set and only this host gets back.

    Without `secure` (plain http in development) the `__Host-` prefix has to go too.
    """

    base_name: str
    secure: bool
    same_site: Literal["Strict", "Lax"] = "Strict"

    @property
    def name(self) -> str:
        return f"__Host-{self.base_name}" if self.secure else self.base_name

    def set(self, value: str, max_age: int) -> str:
        """The value of a Set-Cookie header; `max_age` is in seconds."""
        secure = "Secure; " if self.secure else ""
        return (
            f"{self.name}={value}; Path=/; {secure}HttpOnly; "
            f"SameSite={self.same_site}; Max-Age={max_age}"
        )

    def clear(self) -> str:
        return self.set("", 0)


def cookie_value(header: str | None, name: str) -> str | None:
    """The value of the first cookie of this name in a Cookie header."""
    for pair in (header or "").split(";"):
        key, separator, value = pair.partition("=")
        if separator and key.strip() == name:
            return value.strip()
    return None
