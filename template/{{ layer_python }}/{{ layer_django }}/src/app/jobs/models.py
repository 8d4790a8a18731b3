"""Background jobs, and when each scheduled one last ran."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from app.core.fields import Timestamp
from app.ids import uuid7

ACTIVE = Q(status__in=["queued", "running"])


class Job(models.Model):
    """Written by whoever causes it (`app.services.jobs`), run by a worker (`app.jobs.runner`)."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    type = models.TextField()
    payload = models.JSONField(default=dict)
    status = models.TextField(default="queued", db_default="queued")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, null=True, blank=True, db_index=False
    )
    dedupe_key = models.TextField(null=True, blank=True)
    attempts = models.IntegerField(default=0, db_default=0)
    max_attempts = models.IntegerField()
    run_at = Timestamp(db_default=Now())
    locked_until = Timestamp(null=True, blank=True)
    locked_by = models.TextField(null=True, blank=True)
    last_error = models.TextField(null=True, blank=True)
    result = models.JSONField(null=True, blank=True)
    traceparent = models.TextField(null=True, blank=True)
    created_at = Timestamp(db_default=Now(), editable=False)
    finished_at = Timestamp(null=True, blank=True)

    class Meta:
        db_table = "jobs"
        indexes = (
            models.Index(fields=["run_at"], name="jobs_claim_idx", condition=Q(status="queued")),
            models.Index(
                fields=["locked_until"], name="jobs_lease_idx", condition=Q(status="running")
            ),
            models.Index(
                fields=["finished_at"],
                name="jobs_finished_idx",
                condition=Q(finished_at__isnull=False),
            ),
            models.Index(fields=["user"], name="jobs_user_idx"),
        )
        constraints = (
            models.UniqueConstraint(
                fields=["dedupe_key"], name="jobs_dedupe_idx", condition=ACTIVE
            ),
        )

    def __str__(self) -> str:
        return f"{self.type} {self.id}"


class Schedule(models.Model):
    name = models.TextField(primary_key=True)
    last_tick = Timestamp()

    class Meta:
        db_table = "schedules"

    def __str__(self) -> str:
        return str(self.name)
