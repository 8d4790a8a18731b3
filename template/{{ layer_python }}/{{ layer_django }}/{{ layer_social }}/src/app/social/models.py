"""Accounts at a provider, each tied to a user."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from app.core.fields import Timestamp


class Identity(models.Model):
    pk = models.CompositePrimaryKey("provider", "subject")
    provider = models.TextField()
    subject = models.TextField()
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, db_index=False)
    created_at = Timestamp(db_default=Now(), editable=False)

    class Meta:
        db_table = "oauth_identities"
        indexes = (models.Index(fields=["user"], name="oauth_identities_user_idx"),)

    def __str__(self) -> str:
        return f"{self.provider} {self.subject}"
