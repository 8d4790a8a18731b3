"""Background jobs, and when each scheduled one last ran."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models.functions import Now

import app.core.fields
import app.ids

JOBS = """
CREATE TABLE jobs (
  id           uuid PRIMARY KEY,
  type         text NOT NULL,
  payload      jsonb NOT NULL DEFAULT '{}',
  status       text NOT NULL DEFAULT 'queued'
               CHECK (status IN ('queued', 'running', 'succeeded', 'dead')),
  user_id      uuid REFERENCES users (id) ON DELETE CASCADE,
  dedupe_key   text,
  attempts     integer NOT NULL DEFAULT 0,
  max_attempts integer NOT NULL,
  run_at       timestamptz(3) NOT NULL DEFAULT now(),
  locked_until timestamptz(3),
  locked_by    text,
  last_error   text,
  result       jsonb,
  traceparent  text,
  created_at   timestamptz(3) NOT NULL DEFAULT now(),
  finished_at  timestamptz(3)
);
CREATE INDEX jobs_claim_idx ON jobs (run_at) WHERE status = 'queued';
CREATE INDEX jobs_lease_idx ON jobs (locked_until) WHERE status = 'running';
CREATE INDEX jobs_finished_idx ON jobs (finished_at) WHERE finished_at IS NOT NULL;
CREATE INDEX jobs_user_idx ON jobs (user_id);
CREATE UNIQUE INDEX jobs_dedupe_idx ON jobs (dedupe_key) WHERE status IN ('queued', 'running');
"""

SCHEDULES = """
CREATE TABLE schedules (
  name      text PRIMARY KEY,
  last_tick timestamptz(3) NOT NULL
);
"""


class Migration(migrations.Migration):
    initial = True

    dependencies = [migrations.swappable_dependency(settings.AUTH_USER_MODEL)]

    operations = [
        migrations.RunSQL(
            JOBS,
            state_operations=[
                migrations.CreateModel(
                    name="Job",
                    fields=[
                        (
                            "id",
                            models.UUIDField(
                                default=app.ids.uuid7,
                                editable=False,
                                primary_key=True,
                                serialize=False,
                            ),
                        ),
                        ("type", models.TextField()),
                        ("payload", models.JSONField(default=dict)),
                        ("status", models.TextField(db_default="queued", default="queued")),
                        ("dedupe_key", models.TextField(blank=True, null=True)),
                        ("attempts", models.IntegerField(db_default=0, default=0)),
                        ("max_attempts", models.IntegerField()),
                        ("run_at", app.core.fields.Timestamp(db_default=Now())),
                        ("locked_until", app.core.fields.Timestamp(blank=True, null=True)),
                        ("locked_by", models.TextField(blank=True, null=True)),
                        ("last_error", models.TextField(blank=True, null=True)),
                        ("result", models.JSONField(blank=True, null=True)),
                        ("traceparent", models.TextField(blank=True, null=True)),
                        ("created_at", app.core.fields.Timestamp(db_default=Now(), editable=False)),
                        ("finished_at", app.core.fields.Timestamp(blank=True, null=True)),
                        (
                            "user",
                            models.ForeignKey(
                                blank=True,
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.CASCADE,
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                    options={
                        "db_table": "jobs",
                        "indexes": [
                            models.Index(
                                condition=models.Q(("status", "queued")),
                                fields=["run_at"],
                                name="jobs_claim_idx",
                            ),
                            models.Index(
                                condition=models.Q(("status", "running")),
                                fields=["locked_until"],
                                name="jobs_lease_idx",
                            ),
                            models.Index(
                                condition=models.Q(("finished_at__isnull", False)),
                                fields=["finished_at"],
                                name="jobs_finished_idx",
                            ),
                            models.Index(fields=["user"], name="jobs_user_idx"),
                        ],
                        "constraints": [
                            models.UniqueConstraint(
                                condition=models.Q(("status__in", ["queued", "running"])),
                                fields=("dedupe_key",),
                                name="jobs_dedupe_idx",
                            )
                        ],
                    },
                ),
            ],
        ),
        migrations.RunSQL(
            SCHEDULES,
            state_operations=[
                migrations.CreateModel(
                    name="Schedule",
                    fields=[
                        ("name", models.TextField(primary_key=True, serialize=False)),
                        ("last_tick", app.core.fields.Timestamp()),
                    ],
                    options={
                        "db_table": "schedules",
                    },
                ),
            ],
        ),
    ]
