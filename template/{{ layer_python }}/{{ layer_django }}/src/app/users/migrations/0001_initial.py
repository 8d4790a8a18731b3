"""Users and email tokens."""

import django.core.validators
import django.db.models.deletion
from django.db import migrations, models
from django.db.models.functions import Now

import app.core.fields
import app.ids

USERS = """
CREATE TABLE users (
  id                uuid PRIMARY KEY,
  email             text NOT NULL UNIQUE
                    CHECK (email = lower(email) AND char_length(email) BETWEEN 3 AND 254),
  name              text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 100),
  password_hash     text,
  email_verified_at timestamptz(3),
  token_version     integer NOT NULL DEFAULT 1,
  created_at        timestamptz(3) NOT NULL DEFAULT now(),
  updated_at        timestamptz(3) NOT NULL DEFAULT now()
);
COMMENT ON COLUMN users.token_version IS 'one more revokes every access token at once';
"""

EMAIL_TOKENS = """
CREATE TABLE email_tokens (
  token_hash bytea PRIMARY KEY,
  user_id    uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  purpose    text NOT NULL CHECK (purpose IN ('verify_email', 'reset_password')),
  expires_at timestamptz(3) NOT NULL
);
CREATE INDEX email_tokens_user_idx ON email_tokens (user_id, purpose);
CREATE INDEX email_tokens_expires_idx ON email_tokens (expires_at);
"""


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.RunSQL(
            USERS,
            state_operations=[
                migrations.CreateModel(
                    name="User",
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
                        (
                            "email",
                            models.TextField(
                                unique=True,
                                validators=[django.core.validators.MaxLengthValidator(254)],
                            ),
                        ),
                        (
                            "name",
                            models.TextField(
                                validators=[django.core.validators.MaxLengthValidator(100)]
                            ),
                        ),
                        (
                            "password",
                            app.core.fields.PasswordHash(
                                blank=True, db_column="password_hash", null=True
                            ),
                        ),
                        ("email_verified_at", app.core.fields.Timestamp(blank=True, null=True)),
                        ("token_version", models.IntegerField(db_default=1, default=1)),
                        ("created_at", app.core.fields.Timestamp(db_default=Now(), editable=False)),
                        ("updated_at", app.core.fields.Timestamp(db_default=Now(), editable=False)),
                    ],
                    options={
                        "db_table": "users",
                    },
                ),
            ],
        ),
        migrations.RunSQL(
            EMAIL_TOKENS,
            state_operations=[
                migrations.CreateModel(
                    name="EmailToken",
                    fields=[
                        ("token_hash", models.BinaryField(primary_key=True, serialize=False)),
                        ("purpose", models.TextField()),
                        ("expires_at", app.core.fields.Timestamp()),
                        (
                            "user",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.CASCADE,
                                to="users.user",
                            ),
                        ),
                    ],
                    options={
                        "db_table": "email_tokens",
                        "indexes": [
                            models.Index(fields=["user", "purpose"], name="email_tokens_user_idx"),
                            models.Index(fields=["expires_at"], name="email_tokens_expires_idx"),
                        ],
                    },
                ),
            ],
        ),
    ]
