"""Users and what identifies them."""

from __future__ import annotations

from typing import NamedTuple
from uuid import UUID

from app.db import Connection, execute, fetch_one
from app.models import User

COLUMNS = "id, email, name, password_hash, email_verified_at, token_version, created_at"


class Standing(NamedTuple):
    """What a request needs to know of its caller: who, and which credentials still count."""

    id: UUID
    token_version: int


async def add(
    conn: Connection, user_id: UUID, email: str, name: str, password_hash: str | None
) -> User | None:
    """The new user, or None if the email is taken."""
    query = f"""
        INSERT INTO users (id, email, name, password_hash) VALUES (%s, %s, %s, %s)
        ON CONFLICT (email) DO NOTHING RETURNING {COLUMNS}
    """
    return await fetch_one(conn, User, query, (user_id, email, name, password_hash))


async def get(conn: Connection, user_id: UUID) -> User | None:
    return await fetch_one(conn, User, f"SELECT {COLUMNS} FROM users WHERE id = %s", (user_id,))


async def get_by_email(conn: Connection, email: str) -> User | None:
    return await fetch_one(conn, User, f"SELECT {COLUMNS} FROM users WHERE email = %s", (email,))


async def get_standing(conn: Connection, user_id: UUID) -> Standing | None:
    query = "SELECT id, token_version FROM users WHERE id = %s"
    return await fetch_one(conn, Standing, query, (user_id,))


async def lock(conn: Connection, user_id: UUID) -> User | None:
    """The user, who stays as read until the commit. Whatever grants or revokes a credential takes
    this lock first, so that nothing granted at the same moment survives a revocation."""
    query = f"SELECT {COLUMNS} FROM users WHERE id = %s FOR NO KEY UPDATE"
    return await fetch_one(conn, User, query, (user_id,))


async def set_password(conn: Connection, user_id: UUID, password_hash: str) -> User | None:
    """Replace the password and revoke every access token made before."""
    query = f"""
        UPDATE users SET password_hash = %s, token_version = token_version + 1, updated_at = now()
        WHERE id = %s RETURNING {COLUMNS}
    """
    return await fetch_one(conn, User, query, (password_hash, user_id))


async def revoke_access(conn: Connection, user_id: UUID) -> None:
    await execute(
        conn, "UPDATE users SET token_version = token_version + 1 WHERE id = %s", (user_id,)
    )


async def mark_verified(conn: Connection, user_id: UUID) -> None:
    query = "UPDATE users SET email_verified_at = now(), updated_at = now() WHERE id = %s"
    await execute(conn, query, (user_id,))


async def delete(conn: Connection, user_id: UUID) -> bool:
    return await execute(conn, "DELETE FROM users WHERE id = %s", (user_id,)) == 1
