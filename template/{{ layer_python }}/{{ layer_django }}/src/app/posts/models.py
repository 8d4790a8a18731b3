"""Posts."""

from __future__ import annotations

from django.conf import settings
from django.core.validators import MaxLengthValidator
from django.db import models
from django.db.models.functions import Now

from app.core.fields import Timestamp
from app.ids import uuid7


class Post(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, db_index=False)
    title = models.TextField(validators=[MaxLengthValidator(200)])
    body = models.TextField(validators=[MaxLengthValidator(10_000)])
    version = models.IntegerField(default=1, db_default=1)
    created_at = Timestamp(db_default=Now(), editable=False)
    updated_at = Timestamp(db_default=Now(), editable=False)

    class Meta:
        db_table = "posts"
        indexes = (
            models.Index(fields=["-created_at", "-id"], name="posts_feed_idx"),
            models.Index(fields=["author", "-created_at", "-id"], name="posts_author_feed_idx"),
        )

    def __str__(self) -> str:
        return str(self.title)
