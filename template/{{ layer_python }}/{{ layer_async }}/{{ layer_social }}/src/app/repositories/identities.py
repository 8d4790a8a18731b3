"""Accounts at providers: the pair of provider and subject, never the email."""

from __future__ import annotations

from uuid import UUID

from app.db import Connection, execute, fetch_column, fetch_one
from app.models import User
from app.repositories import users


async def find_user(conn: Connection, provider: str, subject: str) -> UUID | None:
    query = "SELECT user_id FROM oauth_identities WHERE provider = %s AND subject = %s"
    rows = await fetch_column(conn, query, (provider, subject))
    return rows[0] if rows else None


async def add(conn: Connection, provider: str, subject: str, user_id: UUID) -> bool:
    """False if the identity is somebody's already."""
    query = """
        INSERT INTO oauth_identities (provider, subject, user_id) VALUES (%s, %s, %s)
        ON CONFLICT (provider, subject) DO NOTHING
    """
    return await execute(conn, query, (provider, subject, user_id)) == 1


async def lock_user_by_email(conn: Connection, email: str) -> User | None:
    query = f"SELECT {users.COLUMNS} FROM users WHERE email = %s FOR NO KEY UPDATE"
    return await fetch_one(conn, User, query, (email,))


async def hand_over(conn: Connection, user_id: UUID) -> User | None:
    """Leave a locked user to the owner of the address: no password, no credential in use."""
    query = f"""
        UPDATE users SET password_hash = NULL, email_verified_at = now(),
               token_version = token_version + 1, updated_at = now()
        WHERE id = %s RETURNING {users.COLUMNS}
    """
    return await fetch_one(conn, User, query, (user_id,))
