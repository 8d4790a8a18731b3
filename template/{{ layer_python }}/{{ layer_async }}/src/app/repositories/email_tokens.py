"""Tokens that were sent by mail; only their hashes are kept."""

from __future__ import annotations

from uuid import UUID

from app.db import Connection, execute, fetch_column

VERIFY_EMAIL = "verify_email"
RESET_PASSWORD = "reset_password"  # noqa: S105


async def find(conn: Connection, token_hash: bytes, purpose: str) -> UUID | None:
    """The user whom a live token belongs to; the row stays locked until the commit."""
    query = """
        SELECT user_id FROM email_tokens
        WHERE token_hash = %s AND purpose = %s AND expires_at > now() FOR UPDATE
    """
    rows = await fetch_column(conn, query, (token_hash, purpose))
    return rows[0] if rows else None


async def delete_all(conn: Connection, user_id: UUID, purpose: str) -> None:
    query = "DELETE FROM email_tokens WHERE user_id = %s AND purpose = %s"
    await execute(conn, query, (user_id, purpose))
