"""The feed's indexes, built while the service keeps writing.

CREATE INDEX CONCURRENTLY cannot run in a transaction and, when it is interrupted, leaves an
invalid index of `posts` behind. So: a migration of its own, outside a transaction, safe to run
again.
"""

from django.db import migrations, models

from app.core.operations import BuildIndexConcurrently


class Migration(migrations.Migration):
    atomic = False

    dependencies = (("posts", "0001_initial"),)

    operations = (
        BuildIndexConcurrently(
            "post", models.Index(fields=["-created_at", "-id"], name="posts_feed_idx")
        ),
        BuildIndexConcurrently(
            "post",
            models.Index(fields=["author", "-created_at", "-id"], name="posts_author_feed_idx"),
        ),
    )
