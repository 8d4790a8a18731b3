"""Refresh tokens: each is used once; all that descend from one sign-in are a family."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from app.db import Connection, execute, fetch_column, fetch_one


class Rotation(NamedTuple):
    family_id: UUID
    user_id: UUID
    expires_at: datetime


async def add(
    conn: Connection,
    token_id: UUID,
    family_id: UUID,
    user_id: UUID,
    token_hash: bytes,
    expires_at: datetime,
) -> None:
    query = """
        INSERT INTO refresh_tokens (id, family_id, user_id, token_hash, expires_at)
        VALUES (%s, %s, %s, %s, %s)
    """
    await execute(conn, query, (token_id, family_id, user_id, token_hash, expires_at))


async def use(conn: Connection, token_hash: bytes) -> Rotation | None:
    """Use the token up. Of several requests at once with one token, one gets the row."""
    query = """
        UPDATE refresh_tokens SET used_at = now()
        WHERE token_hash = %s AND used_at IS NULL AND revoked_at IS NULL AND expires_at > now()
        RETURNING family_id, user_id, expires_at
    """
    return await fetch_one(conn, Rotation, query, (token_hash,))


async def find_owner(conn: Connection, token_hash: bytes) -> UUID | None:
    query = "SELECT user_id FROM refresh_tokens WHERE token_hash = %s"
    rows = await fetch_column(conn, query, (token_hash,))
    return rows[0] if rows else None


class Used(NamedTuple):
    family_id: UUID
    user_id: UUID


async def find_used(conn: Connection, token_hash: bytes) -> Used | None:
    query = """
        SELECT family_id, user_id FROM refresh_tokens
        WHERE token_hash = %s AND used_at IS NOT NULL AND expires_at > now()
    """
    return await fetch_one(conn, Used, query, (token_hash,))


async def revoke_family_of(conn: Connection, token_hash: bytes) -> None:
    query = "SELECT family_id FROM refresh_tokens WHERE token_hash = %s"
    for family_id in await fetch_column(conn, query, (token_hash,)):
        await revoke_family(conn, family_id)


async def revoke_family(conn: Connection, family_id: UUID) -> None:
    query = (
        "UPDATE refresh_tokens SET revoked_at = now() WHERE family_id = %s AND revoked_at IS NULL"
    )
    await execute(conn, query, (family_id,))


async def revoke_all(conn: Connection, user_id: UUID) -> None:
    query = "UPDATE refresh_tokens SET revoked_at = now() WHERE user_id = %s AND revoked_at IS NULL"
    await execute(conn, query, (user_id,))
