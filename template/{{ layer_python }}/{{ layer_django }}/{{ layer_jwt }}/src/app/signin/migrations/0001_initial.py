"""Refresh tokens: one family for each sign-in, one row for each rotation."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models.functions import Now

import app.core.fields
import app.ids

REFRESH_TOKENS = """
CREATE TABLE refresh_tokens (
  id         uuid PRIMARY KEY,
  family_id  uuid NOT NULL,
  user_id    uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  token_hash bytea NOT NULL UNIQUE,
  expires_at timestamptz(3) NOT NULL,
  used_at    timestamptz(3),
  revoked_at timestamptz(3),
  created_at timestamptz(3) NOT NULL DEFAULT now()
);
CREATE INDEX refresh_tokens_family_idx ON refresh_tokens (family_id);
CREATE INDEX refresh_tokens_user_idx ON refresh_tokens (user_id);
CREATE INDEX refresh_tokens_expires_idx ON refresh_tokens (expires_at);
"""


class Migration(migrations.Migration):
    initial = True

    dependencies = [migrations.swappable_dependency(settings.AUTH_USER_MODEL)]

    operations = [
        migrations.RunSQL(
            REFRESH_TOKENS,
            state_operations=[
                migrations.CreateModel(
                    name="RefreshToken",
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
                        ("family_id", models.UUIDField()),
                        ("token_hash", models.BinaryField(unique=True)),
                        ("expires_at", app.core.fields.Timestamp()),
                        ("used_at", app.core.fields.Timestamp(blank=True, null=True)),
                        ("revoked_at", app.core.fields.Timestamp(blank=True, null=True)),
                        ("created_at", app.core.fields.Timestamp(db_default=Now(), editable=False)),
                        (
                            "user",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.CASCADE,
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                    options={
                        "db_table": "refresh_tokens",
                        "indexes": [
                            models.Index(fields=["family_id"], name="refresh_tokens_family_idx"),
                            models.Index(fields=["user"], name="refresh_tokens_user_idx"),
                            models.Index(fields=["expires_at"], name="refresh_tokens_expires_idx"),
                        ],
                    },
                ),
            ],
        ),
    ]
