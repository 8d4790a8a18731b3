"""Refresh tokens: one family for each sign-in, one row for each rotation."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from app.core.fields import Timestamp
from app.ids import uuid7


class RefreshToken(models.Model):
    """Only the token's SHA-256 is kept."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    family_id = models.UUIDField()
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, db_index=False)
    token_hash = models.BinaryField(unique=True)
    expires_at = Timestamp()
    used_at = Timestamp(null=True, blank=True)
    revoked_at = Timestamp(null=True, blank=True)
    created_at = Timestamp(db_default=Now(), editable=False)

    class Meta:
        db_table = "refresh_tokens"
        indexes = (
            models.Index(fields=["family_id"], name="refresh_tokens_family_idx"),
            models.Index(fields=["user"], name="refresh_tokens_user_idx"),
            models.Index(fields=["expires_at"], name="refresh_tokens_expires_idx"),
        )

    def __str__(self) -> str:
        return str(self.id)
