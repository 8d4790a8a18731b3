"""Posts."""

import django.core.validators
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models.functions import Now

import app.core.fields
import app.ids

POSTS = """
CREATE TABLE posts (
  id         uuid PRIMARY KEY,
  author_id  uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  title      text NOT NULL CHECK (char_length(title) BETWEEN 1 AND 200),
  body       text NOT NULL CHECK (char_length(body) BETWEEN 1 AND 10000),
  version    integer NOT NULL DEFAULT 1,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  updated_at timestamptz(3) NOT NULL DEFAULT now()
);
"""


class Migration(migrations.Migration):
    initial = True

    dependencies = [migrations.swappable_dependency(settings.AUTH_USER_MODEL)]

    operations = [
        migrations.RunSQL(
            POSTS,
            state_operations=[
                migrations.CreateModel(
                    name="Post",
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
                            "title",
                            models.TextField(
                                validators=[django.core.validators.MaxLengthValidator(200)]
                            ),
                        ),
                        (
                            "body",
                            models.TextField(
                                validators=[django.core.validators.MaxLengthValidator(10000)]
                            ),
                        ),
                        ("version", models.IntegerField(db_default=1, default=1)),
                        ("created_at", app.core.fields.Timestamp(db_default=Now(), editable=False)),
                        ("updated_at", app.core.fields.Timestamp(db_default=Now(), editable=False)),
                        (
                            "author",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.CASCADE,
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                    options={
                        "db_table": "posts",
                    },
                ),
            ],
        ),
    ]
