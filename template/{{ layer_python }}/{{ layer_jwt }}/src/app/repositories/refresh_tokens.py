"""Refresh tokens: each is used once; all that descend from one sign-in are a family."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from app.ids import uuid7
from app.statements import Column, Command, Rows


class Rotation(NamedTuple):
    family_id: UUID
    user_id: UUID
    expires_at: datetime


class Used(NamedTuple):
    family_id: UUID
    user_id: UUID


def add(family_id: UUID, user_id: UUID, token_hash: bytes, expires_at: datetime) -> Command:
    text = """
        INSERT INTO refresh_tokens (id, family_id, user_id, token_hash, expires_at)
        VALUES (%s, %s, %s, %s, %s)
    """
    return Command(text, (uuid7(), family_id, user_id, token_hash, expires_at))


def use(token_hash: bytes) -> Rows[Rotation]:
    """Use the token up. Of several requests at once with one token, one gets the row."""
    text = """
        UPDATE refresh_tokens SET used_at = now()
        WHERE token_hash = %s AND used_at IS NULL AND revoked_at IS NULL AND expires_at > now()
        RETURNING family_id, user_id, expires_at
    """
    return Rows(Rotation, text, (token_hash,))


def find_owner(token_hash: bytes) -> Column[UUID]:
    return Column("SELECT user_id FROM refresh_tokens WHERE token_hash = %s", (token_hash,))


def find_used(token_hash: bytes) -> Rows[Used]:
    text = """
        SELECT family_id, user_id FROM refresh_tokens
        WHERE token_hash = %s AND used_at IS NOT NULL AND expires_at > now()
    """
    return Rows(Used, text, (token_hash,))


def revoke_family_of(token_hash: bytes) -> Command:
    text = """
        UPDATE refresh_tokens SET revoked_at = now()
        WHERE family_id = (SELECT family_id FROM refresh_tokens WHERE token_hash = %s)
          AND revoked_at IS NULL
    """
    return Command(text, (token_hash,))


def revoke_all(user_id: UUID) -> Command:
    text = "UPDATE refresh_tokens SET revoked_at = now() WHERE user_id = %s AND revoked_at IS NULL"
    return Command(text, (user_id,))
