"""Accounts at providers: the pair of provider and subject, never the email."""

from __future__ import annotations

from uuid import UUID

from app.models import User
from app.repositories import users
from app.statements import Column, Command, Rows


def find_user(provider: str, subject: str) -> Column[UUID]:
    text = "SELECT user_id FROM oauth_identities WHERE provider = %s AND subject = %s"
    return Column(text, (provider, subject))


def add(provider: str, subject: str, user_id: UUID) -> Command:
    """Changes no row if the identity is somebody's already."""
    text = """
        INSERT INTO oauth_identities (provider, subject, user_id) VALUES (%s, %s, %s)
        ON CONFLICT (provider, subject) DO NOTHING
    """
    return Command(text, (provider, subject, user_id))


def lock_user_by_email(email: str) -> Rows[User]:
    text = f"SELECT {users.COLUMNS} FROM users WHERE email = %s FOR NO KEY UPDATE"
    return Rows(User, text, (email,))


def hand_over(user_id: UUID) -> Rows[User]:
    """Leave a locked user to the owner of the address: no password, no credential in use."""
    text = f"""
        UPDATE users SET password_hash = NULL, email_verified_at = now(),
               token_version = token_version + 1, updated_at = now()
        WHERE id = %s RETURNING {users.COLUMNS}
    """
    return Rows(User, text, (user_id,))
