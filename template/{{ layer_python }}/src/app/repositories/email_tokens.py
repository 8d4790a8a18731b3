"""Tokens that were sent by mail; only their hashes are kept."""

from __future__ import annotations

from uuid import UUID

from app.statements import Column, Command

VERIFY_EMAIL = "verify_email"
RESET_PASSWORD = "reset_password"  # noqa: S105


def find_owner(token_hash: bytes, purpose: str) -> Column[UUID]:
    """The user whom a live token belongs to; the row stays locked until the commit."""
    text = """
        SELECT user_id FROM email_tokens
        WHERE token_hash = %s AND purpose = %s AND expires_at > now() FOR UPDATE
    """
    return Column(text, (token_hash, purpose))


def delete_all(user_id: UUID, purpose: str) -> Command:
    text = "DELETE FROM email_tokens WHERE user_id = %s AND purpose = %s"
    return Command(text, (user_id, purpose))
