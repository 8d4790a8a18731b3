"""Accounts at a provider, each tied to a user."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models.functions import Now

import app.core.fields

IDENTITIES = """
CREATE TABLE oauth_identities (
  provider   text NOT NULL,
  subject    text NOT NULL,
  user_id    uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  PRIMARY KEY (provider, subject)
);
CREATE INDEX oauth_identities_user_idx ON oauth_identities (user_id);
"""


class Migration(migrations.Migration):
    initial = True

    dependencies = [migrations.swappable_dependency(settings.AUTH_USER_MODEL)]

    operations = [
        migrations.RunSQL(
            IDENTITIES,
            state_operations=[
                migrations.CreateModel(
                    name="Identity",
                    fields=[
                        (
                            "pk",
                            models.CompositePrimaryKey(
                                "provider",
                                "subject",
                                blank=True,
                                editable=False,
                                primary_key=True,
                                serialize=False,
                            ),
                        ),
                        ("provider", models.TextField()),
                        ("subject", models.TextField()),
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
                        "db_table": "oauth_identities",
                        "indexes": [
                            models.Index(fields=["user"], name="oauth_identities_user_idx")
                        ],
                    },
                ),
            ],
        ),
    ]
