"""Users and what identifies them."""

from __future__ import annotations

from typing import NamedTuple
from uuid import UUID

from app.ids import uuid7
from app.models import User
from app.statements import Command, Rows

COLUMNS = "id, email, name, password_hash, email_verified_at, token_version, created_at"


class Standing(NamedTuple):
    """What a request needs to know of its caller: who, and which credentials still count."""

    id: UUID
    token_version: int


def add(email: str, name: str, password_hash: str | None) -> Rows[User]:
    """The new user, or none if the email is taken."""
    text = f"""
        INSERT INTO users (id, email, name, password_hash) VALUES (%s, %s, %s, %s)
        ON CONFLICT (email) DO NOTHING RETURNING {COLUMNS}
    """
    return Rows(User, text, (uuid7(), email, name, password_hash))


def get(user_id: UUID) -> Rows[User]:
    return Rows(User, f"SELECT {COLUMNS} FROM users WHERE id = %s", (user_id,))


def get_by_email(email: str) -> Rows[User]:
    return Rows(User, f"SELECT {COLUMNS} FROM users WHERE email = %s", (email,))


def get_standing(user_id: UUID) -> Rows[Standing]:
    return Rows(Standing, "SELECT id, token_version FROM users WHERE id = %s", (user_id,))


def lock(user_id: UUID) -> Rows[User]:
    """The user, who stays as read until the commit. Whatever grants or revokes a credential takes
    this lock first, so that nothing granted at the same moment survives a revocation."""
    text = f"SELECT {COLUMNS} FROM users WHERE id = %s FOR NO KEY UPDATE"
    return Rows(User, text, (user_id,))


def set_password(user_id: UUID, password_hash: str) -> Rows[User]:
    """Replace the password and revoke every access token made before."""
    text = f"""
        UPDATE users SET password_hash = %s, token_version = token_version + 1, updated_at = now()
        WHERE id = %s RETURNING {COLUMNS}
    """
    return Rows(User, text, (password_hash, user_id))


def revoke_access(user_id: UUID) -> Command:
    return Command("UPDATE users SET token_version = token_version + 1 WHERE id = %s", (user_id,))


def mark_verified(user_id: UUID) -> Command:
    text = "UPDATE users SET email_verified_at = now(), updated_at = now() WHERE id = %s"
    return Command(text, (user_id,))


def delete(user_id: UUID) -> Command:
    return Command("DELETE FROM users WHERE id = %s", (user_id,))
